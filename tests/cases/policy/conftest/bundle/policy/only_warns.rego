package only_warns

warn_a contains "a"
