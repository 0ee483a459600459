package d.e

x if count(data.d) > 1
