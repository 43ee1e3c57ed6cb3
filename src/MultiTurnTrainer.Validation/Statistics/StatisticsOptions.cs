using MultiTurnTrainer.Validation.Rows;

namespace MultiTurnTrainer.Validation.Statistics;

/// <summary>Choices of the statistics.</summary>
public sealed record StatisticsOptions
{
    /// <summary>Counts tokens; null counts characters.</summary>
    public IModelLimits? Model { get; init; }

    /// <summary>Counts the tokens of whole training rows, the template's with them; null counts those of the texts.</summary>
    public IRowMeasure? Measure { get; init; }

    /// <summary>The longest conversation; null leaves truncation out.</summary>
    public int? MaxLength { get; init; }

    /// <summary>
    /// Without <see cref="Measure"/>, what whole-turn truncation leaves of a conversation: its messages' roles and lengths and the limit in, the length out; null
    /// for a conversation that cannot be made to fit.
    /// </summary>
    public Func<IReadOnlyList<Role>, IReadOnlyList<int>, int, int?>? Truncate { get; init; }

    /// <summary>Told of every conversation that counts; null for nobody.</summary>
    public Action<Conversation>? Follow { get; init; }

    /// <summary>How rows of other formats become conversations.</summary>
    public ConversionOptions Conversion { get; init; } = ConversionOptions.Faithful;
}
