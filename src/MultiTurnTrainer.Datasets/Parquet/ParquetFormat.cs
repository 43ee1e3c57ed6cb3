namespace MultiTurnTrainer.Datasets.Parquet;

/// <summary>How a leaf's values are stored (parquet.thrift, <c>Type</c>).</summary>
public enum PhysicalType
{
    /// <summary>One bit.</summary>
    Boolean = 0,

    /// <summary>32 bits, signed.</summary>
    Int32 = 1,

    /// <summary>64 bits, signed.</summary>
    Int64 = 2,

    /// <summary>96 bits: a time stamp of old writers.</summary>
    Int96 = 3,

    /// <summary>32-bit floating point.</summary>
    Float = 4,

    /// <summary>64-bit floating point.</summary>
    Double = 5,

    /// <summary>Bytes of any length.</summary>
    ByteArray = 6,

    /// <summary>Bytes of one length.</summary>
    FixedLenByteArray = 7,
}

/// <summary>How often a field occurs in its parent (parquet.thrift, <c>FieldRepetitionType</c>).</summary>
public enum Repetition
{
    /// <summary>Once.</summary>
    Required = 0,

    /// <summary>Once or not at all.</summary>
    Optional = 1,

    /// <summary>Any number of times.</summary>
    Repeated = 2,
}

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

/// <summary>Page compression (parquet.thrift, <c>CompressionCodec</c>).</summary>
public enum ParquetCompression
{
    /// <summary>None.</summary>
    None = 0,

    /// <summary>Snappy.</summary>
    Snappy = 1,

    /// <summary>Gzip.</summary>
    Gzip = 2,

    /// <summary>LZO: not read.</summary>
    Lzo = 3,

    /// <summary>Brotli.</summary>
    Brotli = 4,

    /// <summary>LZ4 with Hadoop's frame: not read.</summary>
    Lz4 = 5,

    /// <summary>Zstandard, through the system's libzstd.</summary>
    Zstd = 6,

    /// <summary>LZ4 blocks.</summary>
    Lz4Raw = 7,
}

/// <summary>How a page's values are encoded (parquet.thrift, <c>Encoding</c>).</summary>
internal enum ValueEncoding
{
    Plain = 0,
    PlainDictionary = 2,
    Rle = 3,
    BitPacked = 4,
    DeltaBinaryPacked = 5,
    DeltaLengthByteArray = 6,
    DeltaByteArray = 7,
    RleDictionary = 8,
    ByteStreamSplit = 9,
}

/// <summary>What a page holds (parquet.thrift, <c>PageType</c>).</summary>
internal enum PageKind
{
    Data = 0,
    Index = 1,
    Dictionary = 2,
    DataV2 = 3,
}
