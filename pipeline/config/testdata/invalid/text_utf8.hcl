locals {
  x = "aÿ" # ERROR: Not UTF-8
}
