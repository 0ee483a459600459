package c

import data.b

z if b.x
