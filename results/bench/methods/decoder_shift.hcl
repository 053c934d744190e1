# Head first, then all (Kumar et al. 2022), where the features are good.

experiment "decoder_shift" {
  description = "Does a fitted head before fine-tuning hold up better under shift when the features are good?"
  seeds       = [1, 2, 3, 4, 5]
}

method "prompting" "zero_shot" {
  format = format.asked
}

method "probing" "probe" {
  format  = format.remark
  pooling = "last"
}

method "fine_tuning" "full" {
  format     = format.remark
  epochs     = 8
  batch_size = 16
  sweep {
    learning_rate = [3e-5, 1e-4, 3e-4, 1e-3]
  }
}

method "fine_tuning" "lp_ft" {
  from       = method.probe
  format     = format.remark
  epochs     = 8
  batch_size = 16
  sweep {
    learning_rate = [3e-5, 1e-4, 3e-4, 1e-3]
  }
}
