namespace MultiTurnTrainer.Cli.Settings;

/// <summary>One thing that other trainers have a setting for.</summary>
/// <param name="Names">What it is called there.</param>
/// <param name="Here">Where it is in mtt: a setting, a flag or a command; null where mtt has nothing of the kind.</param>
/// <param name="Note">What there is to know; null where the name says all.</param>
internal sealed record ForeignSetting(string[] Names, string? Here, string? Note = null)
{
    /// <summary>The remedy for somebody who wrote the other name.</summary>
    public string Advice =>
        Here is null ? $"mtt has no such setting: {Note}." : $"In mtt: {Here}{(Note is null ? "" : $" ({Note})")}.";
}

/// <summary>
/// What transformers, TRL, PEFT, Axolotl, LLaMA-Factory and torchtune call what <c>mtt.yaml</c> calls otherwise or does
/// not have. The table of <c>docs/migrating.md</c> is made from it.
/// </summary>
internal static class ForeignSettings
{
    public static IReadOnlyList<ForeignSetting> All { get; } =
    [
        new(["model_name_or_path", "base_model", "model"], "--model"),
        new(["tokenizer_config", "tokenizer_type"], "--model", "the model's folder holds the tokenizer"),
        new(["dataset", "datasets", "train_file", "dataset_dir"], "--train", "files; mtt prepare converts and mixes"),
        new(["eval_dataset", "test_datasets"], "--eval"),
        new(["val_set_size", "val_size", "test_size"], "mtt prepare --split train=0.9,eval=0.1"),
        new(["output_dir"], "--output"),
        new(["overwrite_output_dir"], "--force"),
        new(["resume_from_checkpoint", "auto_resume_from_checkpoints"], "--resume"),
        new(["adapter_name_or_path", "lora_model_dir"], "--init-adapter"),
        new(
            ["chat_template", "template", "chat_template_jinja", "chat_template_path"],
            "mtt mask --template",
            "else the model's own, unmodified"
        ),
        new(["eos_token", "eot_tokens"], "mtt mask --eot", "else the model's own"),
        new(
            ["assistant_only_loss", "completion_only_loss", "train_on_inputs", "train_on_prompt", "roles_to_train"],
            "mtt mask --roles",
            "the assistant's own words alone by default, proven from the template"
        ),
        new(["mask_history", "train_on_last_turn", "last_turn_only"], "mtt mask --last"),
        new(["train_on_eos", "train_on_eot"], null, "the stop token of a supervised answer is always supervised"),
        new(["max_seq_length", "sequence_len", "cutoff_len", "max_seq_len"], "train.max_length"),
        new(["excess_length_strategy", "truncation_mode"], "mtt mask --truncate turns|drop|error"),
        new(
            ["sample_packing", "neat_packing", "packing_strategy", "padding_free", "packed"],
            "train.packing",
            "best-fit; attention stays inside each row"
        ),
        new(
            ["eval_packing", "eval_sample_packing", "pad_to_sequence_len", "multipack_real_batches"],
            null,
            "evaluation rows are laid end to end, and nothing is padded"
        ),
        new(["micro_batch_size", "batch_size", "per_gpu_train_batch_size"], "train.per_device_train_batch_size"),
        new(["eval_batch_size"], "train.per_device_eval_batch_size"),
        new(["num_epochs", "epochs"], "train.num_train_epochs"),
        new(["lr"], "train.learning_rate"),
        new(["lr_scheduler"], "train.lr_scheduler_type"),
        new(["lr_scheduler_kwargs", "cosine_min_lr_ratio", "min_lr"], "train.min_lr_ratio"),
        new(["num_warmup_steps"], "train.warmup_steps"),
        new(["optim", "optimizer", "optim_args"], null, "it is AdamW in float32, over the trained weights"),
        new(["bf16", "fp16", "tf32", "torch_dtype"], "train.dtype", "auto, bfloat16 or float32"),
        new(
            ["gradient_checkpointing", "gradient_checkpointing_kwargs", "activation_offloading"],
            "train.recompute",
            "auto, off, selective or full"
        ),
        new(["eval_strategy", "evaluation_strategy", "evals_per_epoch"], "train.eval_steps", "each epoch by default"),
        new(["save_strategy", "saves_per_epoch"], "train.save_steps"),
        new(
            ["metric_for_best_model", "greater_is_better"],
            null,
            "the best is the one with the lowest evaluation loss"
        ),
        new(
            ["logging_steps", "logging_strategy", "logging_dir"],
            null,
            "every step is in metrics.csv and metrics.jsonl"
        ),
        new(
            ["report_to", "wandb_project", "use_tensorboard", "plot_loss"],
            null,
            "every run writes TensorBoard files and report.html"
        ),
        new(["lora_r", "lora_rank", "rank"], "lora.r"),
        new(["lora_target", "lora_target_modules"], "lora.target_modules"),
        new(["lora_target_linear"], "lora.target_modules", "all-linear is the default"),
        new(["lora_modules_to_save", "additional_target"], "lora.modules_to_save"),
        new(["peft_use_dora"], "lora.use_dora"),
        new(["peft_use_rslora"], "lora.use_rslora"),
        new(["peft_ensure_weight_tying"], "lora.ensure_weight_tying"),
        new(
            ["adapter", "use_peft", "peft_config"],
            "train.finetuning_type",
            "lora or full; the section lora: configures it"
        ),
        new(
            ["bias", "lora_bias", "fan_in_fan_out", "loftq_config", "layer_replication"],
            null,
            "biases are not trained, and the first weights are PEFT's default or gaussian"
        ),
        new(["loraplus_lr_ratio", "loraplus_ratio"], null, "A and B share one rate"),
        new(["neftune_noise_alpha"], null, "no noise is added to embeddings; lora.lora_dropout regularises"),
        new(
            ["load_in_4bit", "bnb_4bit_quant_type", "quantization_bit", "quantization_type"],
            "train.quantization",
            "nf4 or fp4, made while the base is loaded"
        ),
        new(["bnb_4bit_use_double_quant"], "train.double_quantization"),
        new(["bnb_4bit_compute_dtype"], "train.dtype", "codes are computed with in the type of everything else"),
        new(["load_in_8bit"], null, "8-bit bases are read where they are stored so; train.quantization makes 4 bits"),
        new(["deepspeed", "fsdp", "fsdp_config"], null, "each of several processes holds the whole model"),
        new(
            ["flash_attention", "attn_implementation", "sdp_attention", "flash_attn", "xformers_attention"],
            null,
            "the kernel follows from device and type (mtt doctor)"
        ),
        new(
            ["use_liger_kernel", "liger_rms_norm", "liger_fused_linear_cross_entropy", "torch_compile"],
            null,
            "its own kernels are always on"
        ),
        new(
            ["group_by_length", "length_column_name"],
            null,
            "nothing is padded, so lengths cost nothing; see train.packing"
        ),
        new(["dataloader_num_workers", "dataset_num_proc", "preprocessing_num_workers"], "train.threads"),
        new(["data_seed", "shuffle_dataset"], "train.seed", "and train.shuffle"),
        new(["stage", "rl"], "train.objective", "sft, maigo, ccopd or distill-offline"),
        new(["push_to_hub", "hub_model_id"], null, "the output is a PEFT folder that hub tools upload"),
    ];

    private static readonly Dictionary<string, ForeignSetting> _byName = All.SelectMany(setting =>
            setting.Names.Select(name => (name, setting))
        )
        .ToDictionary(pair => pair.name, pair => pair.setting, StringComparer.Ordinal);

    /// <summary>What stands for another trainer's name; null where it is nobody's.</summary>
    public static ForeignSetting? Find(string name) => _byName.GetValueOrDefault(name);

    /// <summary>What to write instead of another trainer's name; null where it is nobody's.</summary>
    public static string? Advice(string name) => _byName.GetValueOrDefault(name)?.Advice;
}
