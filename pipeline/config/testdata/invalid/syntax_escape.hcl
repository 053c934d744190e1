locals {
  x = "\q"                           # ERROR: Invalid escape sequence
}
