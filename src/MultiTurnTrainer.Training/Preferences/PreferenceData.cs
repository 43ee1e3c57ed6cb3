using MultiTurnTrainer.Training.Settings;

namespace MultiTurnTrainer.Training.Preferences;

/// <summary>What the preference objectives are trained on.</summary>
public sealed class PreferenceData
{
    private readonly bool[] _desirable;

    /// <summary>Puts pairs and labelled rows together.</summary>
    /// <param name="objective">Pairs are compared, or, under kto, taken apart into labelled rows.</param>
    /// <param name="pairs">The pairs.</param>
    /// <param name="labelled">Rows with a label; for kto alone.</param>
    /// <param name="settings">Nulls take the objective's own default.</param>
    public PreferenceData(
        Objective objective,
        IReadOnlyList<PreferencePair> pairs,
        IReadOnlyList<LabelledRow> labelled,
        PreferenceSettings settings
    )
    {
        Pairs = pairs;
        Settings = settings.For(objective);
        Rows =
        [
            .. pairs.Select(pair => pair.Chosen),
            .. pairs.Select(pair => pair.Rejected),
            .. labelled.Select(row => row.Row),
        ];
        _desirable =
        [
            .. pairs.Select(_ => true),
            .. pairs.Select(_ => false),
            .. labelled.Select(row => row.IsDesirable),
        ];
        Units = objective == Objective.Kto ? Rows.Count : pairs.Count;
    }

    /// <summary>The pairs.</summary>
    public IReadOnlyList<PreferencePair> Pairs { get; }

    /// <summary>All rows: the chosen sides, the rejected sides in the same order, then the labelled rows.</summary>
    public IReadOnlyList<TokenRow> Rows { get; }

    /// <summary>What a step is made of: pairs, or labelled rows.</summary>
    public int Units { get; }

    /// <summary>The settings, without nulls.</summary>
    public PreferenceSettings Settings { get; }

    /// <summary>Whether a row of <see cref="Rows"/> is a chosen side or labelled desirable.</summary>
    public bool IsDesirable(int row) => _desirable[row];

    /// <summary>The labels of <see cref="Rows"/> as a text of 0 and 1.</summary>
    internal string LabelText => string.Concat(_desirable.Select(label => label ? '1' : '0'));

    /// <summary>Tokens of each pair, both sides together: what packs are planned by.</summary>
    internal int[] PairLengths => [.. Pairs.Select(pair => pair.Chosen.Length + pair.Rejected.Length)];
}
