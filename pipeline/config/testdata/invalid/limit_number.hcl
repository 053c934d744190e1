locals {
  x = 1e401                          # ERROR: Number out of range
}
