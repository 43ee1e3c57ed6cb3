namespace MultiTurnTrainer.Datasets.Parquet;

/// <summary>What values mean, where the physical type does not say it.</summary>
public enum LogicalKind
{
    /// <summary>As the physical type.</summary>
    None,

    /// <summary>UTF-8 text (also <c>ENUM</c>).</summary>
    Text,

    /// <summary>JSON text.</summary>
    Json,

    /// <summary>A list: one repeated group inside.</summary>
    List,

    /// <summary>A map: repeated keys and values.</summary>
    Map,

    /// <summary>A whole number without sign.</summary>
    Unsigned,

    /// <summary>A decimal number with a fixed scale.</summary>
    Decimal,

    /// <summary>Days since 1970.</summary>
    Date,

    /// <summary>Milliseconds since 1970.</summary>
    TimestampMillis,

    /// <summary>Microseconds since 1970.</summary>
    TimestampMicros,

    /// <summary>Nanoseconds since 1970.</summary>
    TimestampNanos,

    /// <summary>16 bytes of a UUID.</summary>
    Uuid,

    /// <summary>16-bit floating point.</summary>
    Half,
}
