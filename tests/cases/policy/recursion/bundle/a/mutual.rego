package b

x if y

y if data.c.z
