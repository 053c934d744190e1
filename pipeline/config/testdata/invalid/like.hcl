dataset "a" {
  task = "classification"
}
dataset "b" {
  like = dataset.none                # ERROR: No dataset is named "none"
  task = "regression"
}
dataset "c" {
  like = "a"                         # ERROR: Wrong type for like
  task = "regression"
}
dataset "d" {
  like = dataset.a
  tusk = 3                           # ERROR: Unknown attribute "tusk"
}
dataset "e" {
  like = dataset.d
}
model "m" {
  like = model.m                     # ERROR: Unknown attribute "like"
}
method "lora" "l" {}
method "probing" "p" {
  like = method.l                    # ERROR: Not of the same type
}
