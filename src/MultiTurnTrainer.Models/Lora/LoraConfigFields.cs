using System.Text.Json;
using System.Text.Json.Nodes;
using MultiTurnTrainer.Files;

namespace MultiTurnTrainer.Models.Lora;

/// <summary>The fields of <c>adapter_config.json</c>: which say nothing, which are read, and what is refused by name.</summary>
internal static class LoraConfigFields
{
    /// <summary>Fields that say nothing about what an adapter computes, whatever they hold.</summary>
    private static readonly HashSet<string> _inert =
    [
        "auto_mapping",
        "base_model_name_or_path",
        "eva_config",
        // PEFT itself takes this back for every module that mtt has.
        "fan_in_fan_out",
        "inference_mode",
        "init_lora_weights",
        "loftq_config",
        "megatron_core",
        "peft_type",
        "peft_version",
        "qalora_group_size",
        "revision",
        "runtime_config",
        "task_type",
    ];

    /// <summary>Fields that <see cref="LoraConfigJson"/> honours.</summary>
    private static readonly HashSet<string> _read =
    [
        "alpha_pattern",
        "bias",
        "ensure_weight_tying",
        "exclude_modules",
        "layers_pattern",
        "layers_to_transform",
        "lora_alpha",
        "lora_bias",
        "lora_dropout",
        "modules_to_save",
        "r",
        "rank_pattern",
        "target_modules",
        "target_parameters",
        "trainable_token_indices",
        "use_dora",
        "use_rslora",
    ];

    /// <summary>Initialisations that leave the base as it is; others (PiSSA and its kin) change what is laid over it.</summary>
    private static readonly string[] _baseKeeping = ["gaussian", "eva", "orthogonal"];

    /// <summary>Refuses what would compute something else than PEFT does.</summary>
    /// <exception cref="MttException">A field that is not known, or not together with another.</exception>
    public static void RefuseUnsupported(JsonObject json, string path)
    {
        // A field that nobody here knows may change the maths, so only what is known to be harmless passes.
        foreach ((string name, JsonNode? value) in json)
        {
            if (value is not null && !IsUnset(value) && !_inert.Contains(name) && !_read.Contains(name))
            {
                throw Refused(path, name, value);
            }
        }

        if (json["bias"] is JsonValue bias && (string?)bias is not ("none" or null))
        {
            throw Refused(path, "bias", bias);
        }

        if (
            json["init_lora_weights"] is JsonValue init
            && init.TryGetValue(out string? text)
            && !_baseKeeping.Contains(text)
        )
        {
            throw Refused(path, "init_lora_weights", init);
        }

        RefuseTogether(json, path);
    }

    /// <summary>Whether a field is left at nothing: null, false, or empty.</summary>
    public static bool IsUnset(JsonNode value) =>
        value switch
        {
            JsonArray list => list.Count == 0,
            JsonObject map => map.Count == 0,
            _ => value.GetValueKind() is JsonValueKind.Null or JsonValueKind.False,
        };

    // What PEFT refuses together is refused here too.
    private static void RefuseTogether(JsonObject json, string path)
    {
        if (json["target_modules"] is JsonValue)
        {
            Refuse("layers_to_transform", "target_modules as one pattern", "name the layers in the pattern");
        }

        foreach (string other in (string[])["use_dora", "lora_bias"])
        {
            if (IsSet(other))
            {
                Refuse("target_parameters", other, "name modules in target_modules");
            }
        }

        if (IsSet("use_dora"))
        {
            Refuse("lora_bias", "use_dora", "leave one of the two out");
        }

        if (json["lora_dropout"] is JsonValue dropout && (double)dropout != 0)
        {
            Refuse("target_parameters", "lora_dropout", "a dropped input cannot be told from the weight");
        }

        bool IsSet(string name) => json[name] is { } value && !IsUnset(value);

        void Refuse(string name, string other, string remedy)
        {
            if (IsSet(name))
            {
                throw new MttException(
                    $"{path}: {name} = {json[name]!.ToJsonString()} contradicts {other}",
                    $"PEFT refuses this too: {remedy}."
                );
            }
        }
    }

    private static MttException Refused(string path, string name, JsonNode value) =>
        new(
            $"{path}: {name} = {value.ToJsonString()} is not supported",
            "It may change what the adapter computes: convert the adapter to plain LoRA or merge it with PEFT. If you know that it does not, take it out of the file."
        );
}
