//! Cases: facts as JSON, and the tree beside them.
