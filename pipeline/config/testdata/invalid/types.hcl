experiment "e" {
  description = 5                    # ERROR: Wrong type for description
  seeds       = 3                    # ERROR: Wrong type for seeds
}
method "lora" "scalars" {
  rank          = 8.5                # ERROR: Wrong type for rank
  alpha         = "16"               # ERROR: Wrong type for alpha
  bias          = "true"             # ERROR: Wrong type for bias
  targets       = 3                  # ERROR: Wrong type for targets
  learning_rate = [1e-4]             # ERROR: Wrong type for learning_rate
  epochs        = true               # ERROR: Wrong type for epochs
  schedule      = { a = 1 }          # ERROR: Wrong type for schedule
}
method "lora" "elements" {
  targets = [
    "query",
    3,                               # ERROR: Wrong type for each element of targets
    null,                            # ERROR: Wrong type for each element of targets
  ]
}
method "lora" "range" {
  rank          = 9223372036854775808 # ERROR: Number out of range
  alpha         = 1e399              # ERROR: Number out of range
  learning_rate = 1e-399             # ERROR: Number out of range
}
method "lora" "references" {
  from     = "lora"                  # ERROR: Wrong type for from
  models   = [dataset.d]             # ERROR: Wrong type for each element of models
  datasets = dataset.d               # ERROR: Wrong type for datasets
  rank     = method.scalars          # ERROR: Wrong type for rank
  alpha    = log_uniform(1, 2)       # ERROR: Wrong type for alpha
}
dataset "d" {
  task   = "classification"
  labels = {
    a = 1                            # ERROR: Wrong type for labels["a"]
    "b c" = false                    # ERROR: Wrong type for labels["b c"]
  }
  words = {
    yes = true                       # ERROR: Wrong type for words["yes"]
    no  = ["no", 0]                  # ERROR: Wrong type for each element of words["no"]
  }
}
dataset "map" {
  task   = "classification"
  labels = ["a"]                     # ERROR: Wrong type for labels
  label  = "a\u0000b"                # ERROR: Invalid text for label
}
model "paths" {
  path = ""                          # ERROR: Empty path
}
model "null" {
  path = "a\u0000b"                  # ERROR: Invalid path
  pretrain {
    steps = 1
    text  = [""]                     # ERROR: Empty path
  }
}
