# VARS: rows=abc, list=3, flag=yes, typo=1, deep=((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((1))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))
variable "rows" {
  default = 1500
}
variable "list" {
  default = [1]
}
variable "flag" {
  default = true
}
variable "deep" {
  default = 1
}
variable "needed" {                  # ERROR: Variable "needed" has no value
  description = "has no default"
}
variable "odd" {
  default     = 1
  defualt     = 2                    # ERROR: Unknown attribute "defualt"
  description = 7                    # ERROR: Wrong type for description
  extra {}                           # ERROR: Unknown block "extra"
}
variable "refers" {
  default = local.x                  # ERROR: Reference in a constant
}
variable "rows" {                    # ERROR: The name "rows" is taken
  default = 1
}
locals {
  x = 1
  y {}                               # ERROR: Unknown block "y"
}
locals {
  x = 2                              # ERROR: The name "x" is taken
}
# ELSEWHERE: No variable is named "typo"
# ELSEWHERE: Wrong value for variable "rows"
# ELSEWHERE: Wrong value for variable "list"
# ELSEWHERE: Wrong value for variable "flag"
# ELSEWHERE: Wrong value for variable "deep"
