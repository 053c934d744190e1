locals {
  x = “curly”                        # ERROR: Invalid character | Invalid character | Invalid expression
  y = 'single'                       # ERROR: Invalid character
}
