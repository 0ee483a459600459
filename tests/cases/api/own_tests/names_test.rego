package names_test

import data.names

test_a_name_is_needed if count(names.deny) == 1 with input as {"metadata": {}}

test_that_is_wrong if count(names.deny) == 1 with input as {"metadata": {"name": "a"}}

todo_test_later if false
