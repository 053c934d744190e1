locals {
  x = (1 + 2
}                                    # ERROR: Unbalanced parentheses
