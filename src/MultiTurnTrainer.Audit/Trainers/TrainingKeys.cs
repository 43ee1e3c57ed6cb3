namespace MultiTurnTrainer.Audit.Trainers;

/// <summary>Keys of trainers' settings that say how training runs, and nothing about what of a row is trained.</summary>
internal static class TrainingKeys
{
    /// <summary>Of transformers' <c>TrainingArguments</c>, PEFT, and the trainers' own.</summary>
    public static IReadOnlyList<string> Harmless { get; } =
        """
            output_dir overwrite_output_dir do_train do_eval do_predict eval_strategy evaluation_strategy eval_steps evals_per_epoch
            per_device_train_batch_size per_device_eval_batch_size gradient_accumulation_steps micro_batch_size eval_batch_size
            learning_rate weight_decay adam_beta1 adam_beta2 adam_epsilon max_grad_norm num_train_epochs num_epochs max_steps
            lr_scheduler lr_scheduler_type lr_scheduler_kwargs warmup_ratio warmup_steps cosine_min_lr_ratio min_lr optim optim_args
            optimizer logging_dir logging_steps logging_first_step logging_strategy log_level report_to run_name save_strategy
            save_steps saves_per_epoch save_total_limit save_safetensors save_only_model load_best_model_at_end
            metric_for_best_model greater_is_better resume_from_checkpoint auto_resume_from_checkpoints seed data_seed
            bf16 fp16 tf32 half_precision_backend torch_dtype gradient_checkpointing gradient_checkpointing_kwargs
            activation_offloading deepspeed fsdp fsdp_config ddp_timeout ddp_backend local_rank dataloader_num_workers
            dataloader_pin_memory dataloader_drop_last dataset_num_proc dataset_prepared_path dataset_processes
            preprocessing_num_workers preprocessing_batch_size overwrite_cache group_by_length length_column_name
            remove_unused_columns disable_tqdm push_to_hub hub_model_id hub_strategy use_cpu no_cuda torch_compile use_liger_kernel
            liger_rms_norm liger_glu_activation liger_fused_linear_cross_entropy plugins flash_attention flash_attn
            attn_implementation sdp_attention xformers_attention finetuning_type train_type tuner_type adapter adapters lora_r
            lora_rank lora_alpha lora_dropout lora_target lora_target_modules lora_target_linear lora_modules_to_save
            lora_model_dir target_modules modules_to_save peft_use_dora use_dora use_rslora peft_use_rslora loraplus_lr_ratio
            loraplus_ratio neftune_noise_alpha additional_target load_in_4bit load_in_8bit quantization_bit quantization_method
            bnb_4bit_compute_dtype use_peft peft_config adapter_name_or_path model_init_kwargs trust_remote_code
            trust_remote_code_model val_size val_set_size eval_dataset eval_on_each_dataset plot_loss include_num_input_tokens_seen
            wandb_project wandb_entity wandb_name wandb_watch wandb_log_model strict shuffle_dataset shuffle_buffer_size
            model_author model_name freeze_vit create_checkpoint_symlink pad_to_multiple_of padding_free pad_token ddp_find_unused_parameters
            special_tokens_pad_token hub_token hf_use_auth_token use_modelscope_hub streaming logging_nan_inf_filter
            """.Split([' ', '\n', '\r'], StringSplitOptions.RemoveEmptyEntries);
}
