package a

x if input.y
