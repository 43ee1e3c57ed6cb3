namespace MultiTurnTrainer.Models.Configuration;

/// <summary>How rotary frequencies are scaled beyond the length a model was pre-trained on.</summary>
public enum RopeType
{
    /// <summary>No scaling.</summary>
    Default,

    /// <summary>All frequencies divided by the factor (position interpolation).</summary>
    Linear,

    /// <summary>The base grows with the sequence's length once that passes the limit (NTK-aware).</summary>
    Dynamic,

    /// <summary>Long wavelengths divided, short ones kept, a blend between (Llama 3.1).</summary>
    Llama3,

    /// <summary>A ramp between interpolation and extrapolation, and a scale on cosine and sine (YaRN).</summary>
    Yarn,

    /// <summary>Two lists of divisors, for sequences within and beyond the original length (Phi-3).</summary>
    LongRope,

    /// <summary>Pairs run over the whole head, and only a share of them turns (Gemma 4).</summary>
    Proportional,
}

/// <summary>Rotary position embedding, resolved: no value left to a default.</summary>
public sealed record RopeConfig
{
    /// <summary>The kind of scaling.</summary>
    public required RopeType Type { get; init; }

    /// <summary>The base of the geometric series of wavelengths.</summary>
    public required double Theta { get; init; }

    /// <summary>The leading entries of each head that are rotated; even.</summary>
    public required int Dimensions { get; init; }

    /// <summary>The scaling factor; 1 without scaling.</summary>
    public double Factor { get; init; } = 1;

    /// <summary>The length the frequencies were pre-trained for, where the type refers to one.</summary>
    public int OriginalLength { get; init; }

    /// <summary>The scale on cosine and sine.</summary>
    public double AttentionFactor { get; init; } = 1;

    /// <summary>llama3: wavelengths above <see cref="OriginalLength"/> / this are divided.</summary>
    public double LowFrequencyFactor { get; init; }

    /// <summary>llama3: wavelengths below <see cref="OriginalLength"/> / this are kept.</summary>
    public double HighFrequencyFactor { get; init; }

    /// <summary>yarn: rotations over the original length above which a dimension is kept.</summary>
    public double BetaFast { get; init; }

    /// <summary>yarn: rotations over the original length below which a dimension is divided.</summary>
    public double BetaSlow { get; init; }

    /// <summary>yarn: whether the ramp's bounds are rounded outwards to whole dimensions.</summary>
    public bool Truncate { get; init; } = true;

    /// <summary>longrope: divisors up to the original length, one for each frequency.</summary>
    public double[] ShortFactors { get; init; } = [];

    /// <summary>longrope: divisors beyond the original length.</summary>
    public double[] LongFactors { get; init; } = [];

    /// <summary>proportional: the leading pairs that turn.</summary>
    public int TurningPairs { get; init; }

    /// <summary>Pairs are neighbours (2i, 2i + 1) instead of halves (i, i + d/2): GLM-4, DeepSeek.</summary>
    public bool PairsNeighbours { get; init; }

    /// <summary>Queries are multiplied by 1 + this · ln(1 + ⌊position / <see cref="OriginalLength"/>⌋); 0 for nothing (Ministral 3).</summary>
    public double QueryScaleBeta { get; init; }

    /// <summary>Whether the frequencies depend on the length of the sequence.</summary>
    public bool DependsOnLength => Type is RopeType.Dynamic or RopeType.LongRope;

    /// <summary>The factor on a rotated query at a position.</summary>
    public double QueryScale(int position) =>
        QueryScaleBeta == 0 ? 1 : 1 + (QueryScaleBeta * Math.Log(1 + (position / OriginalLength)));

    /// <summary>Whether a sequence that grows to this length turns all its tokens by other frequencies than before.</summary>
    public bool ChangesAt(int length) =>
        Type switch
        {
            RopeType.Dynamic => length > OriginalLength,
            RopeType.LongRope => length == OriginalLength + 1,
            _ => false,
        };
}
