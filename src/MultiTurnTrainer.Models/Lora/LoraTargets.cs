using MultiTurnTrainer.Models.Configuration;

namespace MultiTurnTrainer.Models.Lora;

/// <summary>PEFT's rules for which modules an adapter changes and with which rank and scale.</summary>
public static class LoraTargets
{
    /// <summary>Every linear module but the head.</summary>
    public const string AllLinear = "all-linear";

    private static readonly TimeSpan _patience = TimeSpan.FromSeconds(1);

    /// <summary>The modules that get a low-rank pair, in the model's order.</summary>
    /// <exception cref="MttException">Nothing matches, or something that cannot be adapted does.</exception>
    public static IReadOnlyList<ModuleSpec> Select(LoraConfig config, ModuleLayout layout)
    {
        List<ModuleSpec> chosen = [.. layout.Modules.Where(module => IsTarget(config, module))];
        if (chosen.Find(module => module.Kind is ModuleKind.Norm) is { } norm)
        {
            throw new MttException(
                $"target_modules matches {norm.Path}, a norm, which has no low-rank form",
                "Name linear or embedding modules as targets; a norm belongs in modules_to_save."
            );
        }

        RequireParameters(config, layout);
        bool asked = config.TargetPattern is not null || config.TargetModules is { Count: > 0 };
        if (asked && chosen.Count == 0)
        {
            string targets = config.TargetPattern ?? string.Join(", ", config.TargetModules!);
            throw NoMatch($"target_modules '{targets}'", layout);
        }

        return chosen;
    }

    /// <summary>A configuration with the names that <c>all-linear</c> stands for, as PEFT saves it: not every reader knows the word.</summary>
    public static LoraConfig Resolve(LoraConfig config, ModuleLayout layout) =>
        config.TargetPattern != AllLinear
            ? config
            : config with
            {
                TargetPattern = null,
                TargetModules = [.. LastNames(layout.Modules.Where(IsInnerLinear)).Order(StringComparer.Ordinal)],
            };

    /// <summary>
    /// Refuses a setting that matches nothing. PEFT lets it pass, which is right for an adapter made elsewhere, but in the
    /// settings of a new one it is a misspelling.
    /// </summary>
    /// <exception cref="MttException">A name, pattern or layer number matches nothing.</exception>
    public static void RequireEachMatches(LoraConfig config, ModuleLayout layout)
    {
        Require<string>("target_modules", config.TargetModules ?? [], Matches);
        Require<string>("exclude_modules", config.ExcludeModules, Matches);
        Require<string>(
            "exclude_modules",
            config.ExcludePattern is { } excluded ? [excluded] : [],
            (path, pattern) => FullMatch(pattern, path)
        );
        Require<string>("layers_pattern", config.LayersPattern, (path, name) => InList(path, name) is not null);
        Require<int>(
            "layers_to_transform",
            config.LayersToTransform ?? [],
            (path, layer) => InChosenLayer(config with { LayersToTransform = [layer] }, path)
        );

        ModuleSpec[] targets = [.. layout.Modules.Where(module => IsTarget(config, module))];
        string? idle = config
            .RankPattern.Select(pair => (Setting: "rank_pattern", Pattern: pair.Key))
            .Concat(config.AlphaPattern.Select(pair => (Setting: "alpha_pattern", Pattern: pair.Key)))
            .Where(named => !targets.Any(module => EndMatch(named.Pattern, module.Path)))
            .Select(named => $"{named.Setting} '{named.Pattern}' matches no target")
            .FirstOrDefault();
        if (idle is not null)
        {
            throw new MttException(idle, $"The targets are {string.Join(", ", LastNames(targets))}.");
        }

        void Require<T>(string setting, IEnumerable<T> names, Func<string, T, bool> matches)
        {
            foreach (T name in names)
            {
                if (!layout.Modules.Any(module => matches(module.Path, name)))
                {
                    throw NoMatch($"{setting} '{name}'", layout);
                }
            }
        }
    }

    /// <summary>
    /// The modules that are trained whole, in the model's order: those whose path ends in a name, and all that stand below such a
    /// path (<c>mlp</c>). A name takes its modules out of the targets, but it may also be the end of a longer name, and that
    /// stays a target.
    /// </summary>
    /// <exception cref="MttException">A name matches nothing, or ends a target's name.</exception>
    public static IReadOnlyList<ModuleSpec> SelectWhole(LoraConfig config, ModuleLayout layout)
    {
        foreach (string name in config.ModulesToSave)
        {
            if (!layout.Modules.Any(module => IsSavedBy(name, module)))
            {
                throw NoMatch($"modules_to_save '{name}'", layout);
            }
        }

        ModuleSpec[] whole =
        [
            .. layout.Modules.Where(module => config.ModulesToSave.Any(name => IsSavedBy(name, module))),
        ];
        ModuleSpec? both = whole.FirstOrDefault(module => IsTarget(config, module));
        return both is null
            ? whole
            : throw new MttException(
                $"{both.Path} is both in target_modules and in modules_to_save",
                "Train a module either whole or by a low-rank pair: write the module's whole name in modules_to_save."
            );
    }

    /// <summary>The rank of a target.</summary>
    public static int Rank(LoraConfig config, ModuleSpec module) =>
        Lookup(config.RankPattern, PatternKey(config, module), config.Rank);

    /// <summary>The scale on a target's B·A: alpha/r, or alpha/√r with rsLoRA.</summary>
    public static double Scale(LoraConfig config, ModuleSpec module)
    {
        double alpha = Lookup(config.AlphaPattern, PatternKey(config, module), config.Alpha);
        int rank = Rank(config, module);
        return config.UseRsLora ? alpha / Math.Sqrt(rank) : alpha / rank;
    }

    private static bool IsTarget(LoraConfig config, ModuleSpec module)
    {
        string path = module.Path;
        if (
            config.ExcludeModules.Any(name => Matches(path, name))
            || (config.ExcludePattern is { } excluded && FullMatch(excluded, path))
            || config.ModulesToSave.Any(name => FullMatch($@"(.*\.)?{name}(\..*)?", path))
        )
        {
            return false;
        }

        if (IsTargetParameter(config, module))
        {
            return true;
        }

        // Parameters that stand in a module by themselves are no modules.
        if (module.Kind is ModuleKind.Experts or ModuleKind.Parameter)
        {
            return false;
        }

        if (config.TargetPattern is { } pattern)
        {
            return pattern == AllLinear ? IsInnerLinear(module) : FullMatch(pattern, path);
        }

        IReadOnlyList<string> names = config.TargetModules ?? [];
        return names.Contains(path) || (names.Any(name => Matches(path, name)) && InChosenLayer(config, path));
    }

    private static bool IsTargetParameter(LoraConfig config, ModuleSpec module) =>
        config.TargetParameters.Any(name => Matches(module.WeightName, name));

    // Patterns of ranks and alphas see a parameter's name where the parameter is the target.
    private static string PatternKey(LoraConfig config, ModuleSpec module) =>
        IsTargetParameter(config, module) ? module.WeightName : module.Path;

    // A saved module may hold others: every path that leads to this one is looked at.
    private static bool IsSavedBy(string name, ModuleSpec module)
    {
        for (int end = module.Path.Length; end > 0; end = module.Path.LastIndexOf('.', end - 1))
        {
            if (module.Path.AsSpan(0, end).EndsWith(name, StringComparison.Ordinal))
            {
                return true;
            }
        }

        return false;
    }

    private static void RequireParameters(LoraConfig config, ModuleLayout layout)
    {
        LoraConfig byModule = config with { TargetParameters = [] };
        if (
            layout.Modules.FirstOrDefault(module => IsTargetParameter(config, module) && IsTarget(byModule, module)) is
            { } twice
        )
        {
            throw new MttException(
                $"{twice.Path} is named in target_modules, and its weight in target_parameters",
                "PEFT refuses this too: name it once."
            );
        }

        foreach (string name in config.TargetParameters)
        {
            ModuleSpec? module = layout.Modules.FirstOrDefault(module => Matches(module.WeightName, name));
            if (module is not { Kind: ModuleKind.Linear or ModuleKind.Experts })
            {
                string[] stacked = [.. LastNames(layout.Modules.Where(module => module.Kind == ModuleKind.Experts))];
                throw new MttException(
                    $"target_parameters '{name}' matches no matrix of a linear module and no experts of the model",
                    "A matrix is named as its module with .weight"
                        + (
                            stacked.Length == 0
                                ? "."
                                : $"; the experts are experts.{string.Join(", experts.", stacked)}."
                        )
                );
            }
        }
    }

    private static bool IsInnerLinear(ModuleSpec module) =>
        module.Kind == ModuleKind.Linear && module.Path != ModuleLayout.HeadPath;

    private static bool InChosenLayer(LoraConfig config, string path)
    {
        if (config.LayersToTransform is not { Count: > 0 } layers)
        {
            return true;
        }

        IEnumerable<string> lists = config.LayersPattern is { Count: > 0 } named ? named : ["[^.]*"];
        return lists.Select(list => InList(path, list)).FirstOrDefault(number => number is not null) is { } layer
            && layers.Contains(layer);
    }

    /// <summary>The number of a path's layer in a list such as <c>layers</c>, or null.</summary>
    private static int? InList(string path, string list) =>
        Search($@"^.*\.{list}\.(\d+)\.", path) is { Success: true } match
            ? int.Parse(match.Groups[1].ValueSpan, System.Globalization.CultureInfo.InvariantCulture)
            : null;

    private static bool Matches(string path, string name) =>
        path == name || path.EndsWith($".{name}", StringComparison.Ordinal);

    private static T Lookup<T>(IEnumerable<KeyValuePair<string, T>> patterns, string path, T fallback)
    {
        foreach ((string pattern, T value) in patterns)
        {
            if (EndMatch(pattern, path))
            {
                return value;
            }
        }

        return fallback;
    }

    private static bool EndMatch(string pattern, string path) => Search($@"^(.*\.)?({pattern})$", path).Success;

    private static bool FullMatch(string pattern, string path) => Search($@"^(?:{pattern})$", path).Success;

    private static Match Search(string pattern, string path)
    {
        try
        {
            return Compile(pattern).Match(path);
        }
        catch (RegexMatchTimeoutException problem)
        {
            throw new MttException(
                $"the pattern '{pattern}' takes more than {_patience.TotalSeconds} s on the one name '{path}'",
                "Write target_modules, exclude_modules, rank_pattern and alpha_pattern without repetitions inside each other.",
                problem
            );
        }
    }

    private static Regex Compile(string pattern)
    {
        try
        {
            return new Regex(pattern, RegexOptions.CultureInvariant, _patience);
        }
        catch (ArgumentException problem)
        {
            throw new MttException(
                $"'{pattern}' is not a regular expression: {problem.Message}",
                "Correct target_modules, exclude_modules, rank_pattern or alpha_pattern.",
                problem
            );
        }
    }

    private static MttException NoMatch(string what, ModuleLayout layout)
    {
        IEnumerable<string> known = LastNames(
            layout.Modules.Where(module => module.Kind is ModuleKind.Embedding or ModuleKind.Linear)
        );
        int layers = layout.Modules.Max(module => InList(module.Path, "layers") ?? 0);
        return new MttException(
            $"{what} matches no module of the model",
            $"Its modules are {string.Join(", ", known)}, in layers 0 to {layers}; '{AllLinear}' means every linear one but the head."
        );
    }

    private static IEnumerable<string> LastNames(IEnumerable<ModuleSpec> modules) =>
        modules.Select(module => module.Path[(module.Path.LastIndexOf('.') + 1)..]).Distinct();
}
