locals {
  x =                                # ERROR: Invalid expression
}
