model "base" {}
dataset "clauses" {
  task = clasification               # ERROR: Unknown name "clasification"
}
method "lora" "lora" {}
method "probing" "linear" {}
method "lora" "wrong" {
  models   = [model.bose]            # ERROR: No model is named "bose"
  datasets = [datasets.clauses]      # ERROR: Unknown name "datasets"
  from     = method.lora.lora        # ERROR: The type is not part of a reference
  rank     = var.rank                # ERROR: No variable is named "rank"
  alpha    = local.alpha             # ERROR: No local is named "alpha"
  epochs   = variable.epochs         # ERROR: Unknown name "variable"
  schedule = locals.schedule         # ERROR: Unknown name "locals"
}
method "lora" "more" {
  from     = method.probing          # ERROR: No method is named "probing"
  models   = [model.base.path]       # ERROR: A reference ends with the name
  datasets = [dataset]               # ERROR: Incomplete reference
  beside   = method["lora"]          # ERROR: Incomplete reference
  rank     = true ? 8 : local.unseen # ERROR: No local is named "unseen"
  alpha    = search.alpha            # ERROR: Unknown name "search"
}
method "lora" "names" {
  schedule = "a${model.base}"        # ERROR: Invalid template interpolation value
}
