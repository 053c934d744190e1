experimnt "e" {}                     # ERROR: Unknown block "experimnt"
experiment "one" {}
experiment "two" {}                  # ERROR: Too many experiment blocks
search {}
search {}                            # ERROR: Second search block
search "x" {}                        # ERROR: Wrong labels for search
model {}                             # ERROR: Wrong labels for model
model "a" "b" {}                     # ERROR: Wrong labels for model
model "m" {}
model "m" {}                         # ERROR: The name "m" is taken
method "lora" {}                     # ERROR: Wrong labels for method
method "lore" "x" {}                 # ERROR: Unknown method type "lore"
method "Lora" "y" {}                 # ERROR: Unknown method type "Lora"
method "lora" "z" {}
method "probing" "z" {}              # ERROR: The name "z" is taken
model "3b" {}                        # ERROR: Invalid name "3b"
model "a b" {}                       # ERROR: Invalid name "a b"
model "../etc" {}                    # ERROR: Invalid name "../etc"
model "" {}                          # ERROR: Invalid name ""
model "bаse" {}                      # ERROR: Invalid name "bаse"
model "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa" {} # ERROR: Name too long
dataset "nested" {
  task = "classification"
  generator {}                       # ERROR: Wrong labels for generator
  shift "topic" "twice" {}           # ERROR: Wrong labels for shift
}
dataset "inside" {
  task = "classification"
  generator "g" {
    row = 3                          # ERROR: Unknown attribute "row"
  }
}
method "lora" "parts" {
  part "lore" {}                     # ERROR: Invalid part
  part "probing" {
    rank = 3                         # ERROR: Unknown attribute "rank"
  }
}
locals "x" {}                        # ERROR: Wrong labels for locals
variable {}                          # ERROR: Wrong labels for variable
variable "a" "b" {}                  # ERROR: Wrong labels for variable
