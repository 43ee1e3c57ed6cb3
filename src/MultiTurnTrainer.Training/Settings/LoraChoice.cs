using System.Buffers;
using MultiTurnTrainer.Files;
using MultiTurnTrainer.Models.Lora;

namespace MultiTurnTrainer.Training.Settings;

/// <summary>Turns the <c>lora:</c> section into the configuration of an adapter.</summary>
internal static class LoraChoice
{
    private const int _defaultRank = 16;
    private const double _defaultAlpha = 32;
    private static readonly SearchValues<char> _patternMarks = SearchValues.Create("*+?|()[]{}^$\\");

    /// <summary>The configuration of a new adapter.</summary>
    /// <exception cref="MttException">An initialisation that is not known.</exception>
    public static LoraConfig New(LoraSettings settings, string model)
    {
        (IReadOnlyList<string>? names, string? pattern) = Targets(settings.TargetModules ?? [LoraTargets.AllLinear]);
        return new LoraConfig
        {
            Rank = settings.R ?? _defaultRank,
            Alpha = settings.LoraAlpha ?? _defaultAlpha,
            Dropout = settings.LoraDropout ?? 0,
            UseRsLora = settings.UseRslora ?? false,
            UseDora = settings.UseDora ?? false,
            TargetModules = names,
            TargetPattern = pattern,
            ExcludeModules = settings.ExcludeModules ?? [],
            RankPattern = [.. settings.RankPattern ?? new Dictionary<string, int>()],
            AlphaPattern = [.. settings.AlphaPattern ?? new Dictionary<string, double>()],
            ModulesToSave = settings.ModulesToSave ?? [],
            Init = (settings.InitLoraWeights ?? "true").ToLowerInvariant() switch
            {
                "true" => LoraInit.Kaiming,
                "gaussian" => LoraInit.Gaussian,
                string other => throw new MttException(
                    $"lora.init_lora_weights: '{other}' is not known",
                    "One of true, gaussian."
                ),
            },
            BaseModel = model,
        };
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
        if (settings.TargetModules is { } modules)
        {
            (IReadOnlyList<string>? names, string? pattern) = Targets(modules);
            bool same = names is null
                ? pattern == given.TargetPattern || pattern == LoraTargets.AllLinear
                : given.TargetModules is not null
                    && names
                        .Order(StringComparer.Ordinal)
                        .SequenceEqual(given.TargetModules.Order(StringComparer.Ordinal));
            if (!same)
            {
                differ.Add("target_modules");
            }
        }

        if (differ.Count > 0)
        {
            throw new MttException(
                $"lora: {string.Join(", ", differ)} differ from the adapter {folder}",
                "Leave them out: with --init-adapter the adapter's own configuration is used."
            );
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

    // PEFT tells a regular expression from names by its type, string or list; a single value with marks is the former.
    private static (IReadOnlyList<string>? Names, string? Pattern) Targets(IReadOnlyList<string> given) =>
        given.Count == 1 && (given[0] == LoraTargets.AllLinear || given[0].AsSpan().ContainsAny(_patternMarks))
            ? (null, given[0])
            : (given, null);
}
