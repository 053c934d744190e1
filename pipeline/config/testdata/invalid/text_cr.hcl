locals {
  x = 1 # ERROR: Lone carriage return}
