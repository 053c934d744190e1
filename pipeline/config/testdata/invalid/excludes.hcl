method "lora" "i" {
  sweep {
    rank = [4, 8]
  }
  exclude {
    rank = 5                         # ERROR: Excludes nothing
  }
  exclude {
    alpha = 1                        # ERROR: Excludes nothing
    rank  = 4
  }
}
