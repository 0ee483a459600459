package p

a := "x﻿y"
