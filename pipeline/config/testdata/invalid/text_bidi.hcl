locals {
  x = "a‮b" # ERROR: Bidirectional control character
  # a comment ⁦ counts too # ERROR: Bidirectional control character
}
