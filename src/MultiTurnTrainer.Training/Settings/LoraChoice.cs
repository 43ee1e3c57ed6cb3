namespace MultiTurnTrainer.Training.Settings;

/// <summary>Turns the <c>lora:</c> section into the configuration of an adapter.</summary>
internal static class LoraChoice
{
    private const int DefaultRank = 16;
    private const double DefaultAlpha = 32;
    private static readonly SearchValues<char> _patternMarks = SearchValues.Create("*+?|()[]{}^$\\");

    /// <summary>The configuration of a new adapter.</summary>
    /// <exception cref="MttException">An initialisation that is not known.</exception>
    public static LoraConfig CreateConfig(LoraSettings settings, string baseName)
    {
        (IReadOnlyList<string>? names, string? pattern) = ReadTargets(
            settings.TargetModules ?? [LoraTargets.AllLinear]
        );
        (IReadOnlyList<string>? excluded, string? excludedPattern) = ReadTargets(settings.ExcludeModules ?? []);
        return new LoraConfig
        {
            Rank = settings.R ?? DefaultRank,
            Alpha = settings.LoraAlpha ?? DefaultAlpha,
            Dropout = settings.LoraDropout ?? 0,
            UseRsLora = settings.UseRslora ?? false,
            UseDora = settings.UseDora ?? false,
            TargetModules = names,
            TargetPattern = pattern,
            ExcludeModules = excluded ?? [],
            ExcludePattern = excludedPattern,
            LayersToTransform = RequireLayers(settings, pattern),
            LayersPattern = settings.LayersPattern ?? [],
            RankPattern = [.. settings.RankPattern ?? new Dictionary<string, int>()],
            AlphaPattern = [.. settings.AlphaPattern ?? new Dictionary<string, double>()],
            ModulesToSave = settings.ModulesToSave ?? [],
            EnsureWeightTying = settings.EnsureWeightTying ?? false,
            Init = (settings.InitLoraWeights ?? "true").ToLowerInvariant() switch
            {
                "true" => LoraInit.Kaiming,
                "gaussian" => LoraInit.Gaussian,
                string other => throw new MttException(
                    $"lora.init_lora_weights: '{other}' is not known",
                    "One of true, gaussian."
                ),
            },
            BaseModel = baseName,
        };
    }

    // What PEFT refuses is refused here too: an adapter must load there.
    private static IReadOnlyList<int>? RequireLayers(LoraSettings settings, string? pattern)
    {
        if (settings.LayersToTransform is null && settings.LayersPattern is not null)
        {
            throw new MttException(
                "lora.layers_pattern says which list lora.layers_to_transform counts in",
                "Set both."
            );
        }

        return settings.LayersToTransform is not null && pattern is not null
            ? throw new MttException(
                $"lora.layers_to_transform does not go with target_modules = '{pattern}'",
                "Name the target modules, such as [q_proj, v_proj], or put the layers' numbers into the pattern."
            )
            : settings.LayersToTransform;
    }

    /// <summary>Refuses settings that say something else than the adapter that training starts from.</summary>
    /// <exception cref="MttException">A setting differs; the message names all that do.</exception>
    public static void RequireSame(LoraSettings settings, LoraConfig given, string folder)
    {
        List<string> differ = [];
        Compare(settings.R, given.Rank, "r");
        Compare(settings.LoraAlpha, given.Alpha, "lora_alpha");
        Compare(settings.LoraDropout, given.Dropout, "lora_dropout");
        Compare(settings.UseRslora, given.UseRsLora, "use_rslora");
        Compare(settings.UseDora, given.UseDora, "use_dora");
        Compare(settings.EnsureWeightTying, given.EnsureWeightTying, "ensure_weight_tying");
        CompareAll(settings.RankPattern, given.RankPattern, "rank_pattern");
        CompareAll(settings.AlphaPattern, given.AlphaPattern, "alpha_pattern");
        CompareAll(settings.ModulesToSave, given.ModulesToSave, "modules_to_save");
        CompareAll(
            settings.ExcludeModules,
            WritePattern(given.ExcludeModules, given.ExcludePattern),
            "exclude_modules"
        );
        CompareAll(settings.LayersToTransform, given.LayersToTransform ?? [], "layers_to_transform");
        CompareAll(settings.LayersPattern, given.LayersPattern, "layers_pattern");
        if (settings.TargetModules is { } modules)
        {
            (IReadOnlyList<string>? names, string? pattern) = ReadTargets(modules);
            // PEFT may have written the names that all-linear stood for.
            if (pattern != given.TargetPattern && pattern != LoraTargets.AllLinear)
            {
                differ.Add("target_modules");
            }
            else if (pattern is null)
            {
                CompareAll(names, given.TargetModules ?? [], "target_modules");
            }
        }

        if (differ.Count > 0)
        {
            throw new MttException(
                $"lora: {string.Join(", ", differ)} differ from the adapter {folder}",
                "Leave them out: with --init-adapter the adapter's own configuration is used."
            );
        }

        void CompareAll<T>(IEnumerable<T>? wanted, IEnumerable<T> actual, string name)
        {
            if (wanted is not null && !wanted.ToHashSet().SetEquals(actual))
            {
                differ.Add(name);
            }
        }

        void Compare<T>(T? wanted, T actual, string name)
            where T : struct, IEquatable<T>
        {
            if (wanted is { } value && !value.Equals(actual))
            {
                differ.Add(name);
            }
        }
    }

    private static IEnumerable<string> WritePattern(IReadOnlyList<string> names, string? pattern) =>
        pattern is null ? names : [pattern];

    // PEFT tells a regular expression from names by its type, string or list; a single value with marks is the former.
    private static (IReadOnlyList<string>? Names, string? Pattern) ReadTargets(IReadOnlyList<string> given) =>
        given.Count == 1 && (given[0] == LoraTargets.AllLinear || given[0].AsSpan().ContainsAny(_patternMarks))
            ? (null, given[0])
            : (given, null);
}
