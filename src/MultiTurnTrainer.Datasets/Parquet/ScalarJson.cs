namespace MultiTurnTrainer.Datasets.Parquet;

/// <summary>Writes one stored value as JSON, by what its column says it means.</summary>
internal static class ScalarJson
{
    private const string HexDigits = "0123456789abcdef";

    public static void Write(SchemaNode leaf, ReadOnlySpan<byte> value, JsonWriter json)
    {
        switch (leaf.Type)
        {
            case PhysicalType.Boolean:
                json.WriteBooleanValue(value[0] != 0);
                break;
            case PhysicalType.Int32:
                WriteInteger(leaf, BinaryPrimitives.ReadInt32LittleEndian(value), json);
                break;
            case PhysicalType.Int64:
                WriteInteger(leaf, BinaryPrimitives.ReadInt64LittleEndian(value), json);
                break;
            case PhysicalType.Int96:
                WriteInt96(value, json);
                break;
            case PhysicalType.Float:
                WriteFloat(BinaryPrimitives.ReadSingleLittleEndian(value), json);
                break;
            case PhysicalType.Double:
                WriteDouble(BinaryPrimitives.ReadDoubleLittleEndian(value), json);
                break;
            default:
                WriteBytes(leaf, value, json);
                break;
        }
    }

    private static void WriteInteger(SchemaNode leaf, long value, JsonWriter json)
    {
        switch (leaf.Kind)
        {
            case LogicalKind.Unsigned:
                json.WriteNumberValue(leaf.Type == PhysicalType.Int32 ? (uint)value : (ulong)value);
                break;
            case LogicalKind.Decimal:
                json.WriteRawValue(Scaled(value, leaf.Scale));
                break;
            case LogicalKind.Date:
                WriteTime(value, TimeSpan.TicksPerDay, "yyyy-MM-dd", json);
                break;
            case LogicalKind.TimestampMillis:
                WriteTime(value, TimeSpan.TicksPerMillisecond, "yyyy-MM-ddTHH:mm:ss.FFFFFFF", json);
                break;
            case LogicalKind.TimestampMicros:
                WriteTime(value, TimeSpan.TicksPerMicrosecond, "yyyy-MM-ddTHH:mm:ss.FFFFFFF", json);
                break;
            case LogicalKind.TimestampNanos:
                WriteTime(value / 100, 1, "yyyy-MM-ddTHH:mm:ss.FFFFFFF", json);
                break;
            default:
                json.WriteNumberValue(value);
                break;
        }
    }

    // A time outside the calendar is written as the number that is stored.
    private static void WriteTime(long value, long ticks, string format, JsonWriter json)
    {
        Int128 total = ((Int128)value * ticks) + DateTime.UnixEpoch.Ticks;
        if (total < 0 || total > DateTime.MaxValue.Ticks)
        {
            json.WriteNumberValue(value);
            return;
        }

        json.WriteStringValue(new DateTime((long)total).ToString(format, CultureInfo.InvariantCulture));
    }

    // Nanoseconds of the day, then the Julian day (2,440,588 is 1970-01-01).
    private static void WriteInt96(ReadOnlySpan<byte> value, JsonWriter json)
    {
        long nanoseconds = BinaryPrimitives.ReadInt64LittleEndian(value);
        long days = BinaryPrimitives.ReadInt32LittleEndian(value[8..]) - 2_440_588L;
        WriteTime((days * TimeSpan.TicksPerDay) + (nanoseconds / 100), 1, "yyyy-MM-ddTHH:mm:ss.FFFFFFF", json);
    }

    // JSON has no infinity and no NaN.
    private static void WriteFloat(float value, JsonWriter json)
    {
        if (float.IsFinite(value))
        {
            json.WriteNumberValue(value);
        }
        else
        {
            json.WriteNullValue();
        }
    }

    private static void WriteDouble(double value, JsonWriter json)
    {
        if (double.IsFinite(value))
        {
            json.WriteNumberValue(value);
        }
        else
        {
            json.WriteNullValue();
        }
    }

    private static void WriteBytes(SchemaNode leaf, ReadOnlySpan<byte> value, JsonWriter json)
    {
        switch (leaf.Kind)
        {
            case LogicalKind.Decimal when value.Length <= 64:
                json.WriteRawValue(Scaled(new BigInteger(value, isUnsigned: false, isBigEndian: true), leaf.Scale));
                break;
            case LogicalKind.Uuid when value.Length == 16:
                json.WriteStringValue(new Guid(value, bigEndian: true).ToString("D"));
                break;
            case LogicalKind.Half when value.Length == 2:
                WriteFloat((float)BinaryPrimitives.ReadHalfLittleEndian(value), json);
                break;
            case LogicalKind.Json:
                WriteJson(leaf, value, json);
                break;
            default:
                WriteText(value, json);
                break;
        }
    }

    private static void WriteJson(SchemaNode leaf, ReadOnlySpan<byte> value, JsonWriter json)
    {
        try
        {
            JsonView.Parse(value).WriteTo(json);
        }
        catch (FormatException problem)
        {
            throw new InvalidDataException($"column {leaf.Path} holds text that is not JSON", problem);
        }
    }

    // What is no UTF-8 stays as it is, for whoever reads the row to find; only what would end the text is escaped.
    private static void WriteText(ReadOnlySpan<byte> value, JsonWriter json)
    {
        if (Utf8.IsValid(value))
        {
            json.WriteStringValue(value);
            return;
        }

        ArrayBufferWriter<byte> text = new(value.Length + 2);
        text.Write("\""u8);
        foreach (byte unit in value)
        {
            if (unit is < 0x20 or (byte)'"' or (byte)'\\')
            {
                text.Write("\\u00"u8);
                text.Write([(byte)HexDigits[unit >> 4], (byte)HexDigits[unit & 15]]);
            }
            else
            {
                text.Write([unit]);
            }
        }

        text.Write("\""u8);
        json.WriteRawValue(text.WrittenSpan);
    }

    private static byte[] Scaled(BigInteger value, int scale)
    {
        string digits = BigInteger.Abs(value).ToString(CultureInfo.InvariantCulture);
        if (scale is > 0 and <= 128)
        {
            digits = digits.PadLeft(scale + 1, '0').Insert(Math.Max(digits.Length, scale + 1) - scale, ".");
        }

        return Encoding.ASCII.GetBytes(value.Sign < 0 ? "-" + digits : digits);
    }
}
