namespace MultiTurnTrainer.Files.Json;

/// <summary>
/// Writes JSON value by value: plain UTF-8, no escapes that JSON does not ask for, nothing allocated per value. Whether the calls make
/// up JSON is the caller's matter; half of a surrogate pair becomes U+FFFD.
/// </summary>
public sealed class JsonWriter : IDisposable
{
    /// <summary>The choices, for rooms that hold the writer of .NET itself.</summary>
    internal static readonly JsonWriterOptions Options = new()
    {
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
        SkipValidation = true,
    };

    /// <summary>Writes into a buffer, which holds what was written after <see cref="Flush"/>.</summary>
    public JsonWriter(IBufferWriter<byte> output) => Inner = new Utf8JsonWriter(output, Options);

    /// <summary>Writes into a stream; <see cref="Flush"/> hands it what was written.</summary>
    public JsonWriter(Stream output) => Inner = new Utf8JsonWriter(output, Options);

    internal Utf8JsonWriter Inner { get; }

    /// <summary>Begins another text, with no comma before its first value. What was not flushed is forgotten.</summary>
    public void Reset() => Inner.Reset();

    /// <summary>Hands on what was written.</summary>
    public void Flush() => Inner.Flush();

    /// <summary>Hands on what was written; a stream stays open.</summary>
    public void Dispose() => Inner.Dispose();

    /// <summary>Opens an object.</summary>
    public void WriteStartObject() => Inner.WriteStartObject();

    /// <summary>Opens an object that is a property.</summary>
    /// <param name="name">UTF-8.</param>
    public void WriteStartObject(ReadOnlySpan<byte> name) => Inner.WriteStartObject(name);

    /// <summary>Closes an object.</summary>
    public void WriteEndObject() => Inner.WriteEndObject();

    /// <summary>Opens an array.</summary>
    public void WriteStartArray() => Inner.WriteStartArray();

    /// <summary>Opens an array that is a property.</summary>
    /// <param name="name">UTF-8.</param>
    public void WriteStartArray(ReadOnlySpan<byte> name) => Inner.WriteStartArray(name);

    /// <summary>Closes an array.</summary>
    public void WriteEndArray() => Inner.WriteEndArray();

    /// <summary>The name of the property whose value comes next.</summary>
    public void WritePropertyName(string name) => Inner.WritePropertyName(name);

    /// <inheritdoc cref="WritePropertyName(string)"/>
    /// <param name="name">UTF-8.</param>
    public void WritePropertyName(ReadOnlySpan<byte> name) => Inner.WritePropertyName(name);

    /// <summary>A property that is a text, or <c>null</c>.</summary>
    /// <param name="name">UTF-8.</param>
    /// <param name="value">The text.</param>
    public void WriteString(ReadOnlySpan<byte> name, string? value) => Inner.WriteString(name, value);

    /// <summary>A property that is a text.</summary>
    /// <param name="name">UTF-8.</param>
    /// <param name="value">UTF-8.</param>
    public void WriteString(ReadOnlySpan<byte> name, ReadOnlySpan<byte> value) => Inner.WriteString(name, value);

    /// <summary>A property that is a whole number.</summary>
    /// <param name="name">UTF-8.</param>
    /// <param name="value">The number.</param>
    public void WriteNumber(ReadOnlySpan<byte> name, long value) => Inner.WriteNumber(name, value);

    /// <summary>A text, or <c>null</c>.</summary>
    public void WriteStringValue(string? value) => Inner.WriteStringValue(value);

    /// <summary>A text.</summary>
    /// <param name="value">UTF-8.</param>
    public void WriteStringValue(ReadOnlySpan<byte> value) => Inner.WriteStringValue(value);

    /// <summary>A whole number.</summary>
    public void WriteNumberValue(long value) => Inner.WriteNumberValue(value);

    /// <inheritdoc cref="WriteNumberValue(long)"/>
    public void WriteNumberValue(ulong value) => Inner.WriteNumberValue(value);

    /// <summary>A number in the fewest digits that give it back.</summary>
    /// <exception cref="ArgumentException">It is infinite or NaN, which JSON has no number for.</exception>
    public void WriteNumberValue(float value) => Inner.WriteNumberValue(value);

    /// <inheritdoc cref="WriteNumberValue(float)"/>
    public void WriteNumberValue(double value) => Inner.WriteNumberValue(value);

    /// <summary><c>true</c> or <c>false</c>.</summary>
    public void WriteBooleanValue(bool value) => Inner.WriteBooleanValue(value);

    /// <summary><c>null</c>.</summary>
    public void WriteNullValue() => Inner.WriteNullValue();

    /// <summary>A value that is JSON already; it is not looked at.</summary>
    /// <param name="json">UTF-8.</param>
    public void WriteRawValue(ReadOnlySpan<byte> json) => Inner.WriteRawValue(json, skipInputValidation: true);
}
