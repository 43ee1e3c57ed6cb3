using System.Buffers;
using System.Globalization;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using FsCheck;
using FsCheck.Fluent;
using MultiTurnTrainer.Files.Json;

namespace MultiTurnTrainer.Files.Tests.Json;

public sealed class JsonWriterTests
{
    private static readonly JsonSerializerOptions _plain = new()
    {
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    };

    /// <summary>Value by value, from any JSON, it gives the bytes of System.Text.Json.</summary>
    [Fact]
    public void Write_AnyJson_WritesTheBytesOfSystemTextJson() =>
        Prop.ForAll(
                JsonViewTests.Texts().ToArbitrary(),
                text =>
                    Assert.Equal(
                        JsonSerializer.Serialize(JsonElement.Parse(text), _plain),
                        Write(json => WriteValue(json, JsonView.Parse(text)))
                    )
            )
            .QuickCheckThrowOnFailure();

    [Fact]
    public void WriteNumberValue_AnyNumber_IsReadBackTheSame() =>
        Prop.ForAll<double, float, long>(
                (wide, narrow, whole) =>
                {
                    if (double.IsFinite(wide) && float.IsFinite(narrow))
                    {
                        JsonView read = JsonView.Parse(
                            Write(json =>
                            {
                                json.WriteStartArray();
                                json.WriteNumberValue(wide);
                                json.WriteNumberValue(narrow);
                                json.WriteNumberValue(whole);
                                json.WriteEndArray();
                            })
                        );
                        Assert.Equal(wide, read[0].GetDouble());
                        Assert.Equal(narrow, float.Parse(read[1].GetRawText(), CultureInfo.InvariantCulture));
                        Assert.Equal(whole, read[2].GetInt64());
                    }
                }
            )
            .QuickCheckThrowOnFailure();

    [Fact]
    public void Reset_BetweenTexts_BeginsWithoutAComma()
    {
        ArrayBufferWriter<byte> bytes = new();
        using JsonWriter json = new(bytes);
        for (int i = 0; i < 2; i++)
        {
            json.Reset();
            json.WriteNumberValue(i);
            json.Flush();
        }

        Assert.Equal("01", Encoding.UTF8.GetString(bytes.WrittenSpan));
    }

    [Fact]
    public void Write_ManyValues_AllocatesNothing()
    {
        ArrayBufferWriter<byte> bytes = new(1 << 20);
        using JsonWriter json = new(bytes);
        WriteMany();
        long before = GC.GetAllocatedBytesForCurrentThread();
        WriteMany();

        Assert.Equal(before, GC.GetAllocatedBytesForCurrentThread());

        void WriteMany()
        {
            bytes.ResetWrittenCount();
            json.Reset();
            json.WriteStartObject();
            json.WriteStartArray("ids"u8);
            for (int i = 0; i < 10_000; i++)
            {
                json.WriteNumberValue(i);
                json.WriteNumberValue(i / 7f);
            }

            json.WriteEndArray();
            json.WriteString("text"u8, "a \"text\"");
            json.WriteEndObject();
            json.Flush();
        }
    }

    private static void WriteValue(JsonWriter json, JsonView value)
    {
        switch (value.Kind)
        {
            case JsonKind.Object:
                json.WriteStartObject();
                foreach (JsonMember member in value.EnumerateObject())
                {
                    json.WritePropertyName(member.Name);
                    WriteValue(json, member.Value);
                }

                json.WriteEndObject();
                break;
            case JsonKind.Array:
                json.WriteStartArray();
                foreach (JsonView item in value.EnumerateArray())
                {
                    WriteValue(json, item);
                }

                json.WriteEndArray();
                break;
            case JsonKind.String:
                json.WriteStringValue(value.GetString());
                break;
            case JsonKind.True or JsonKind.False:
                json.WriteBooleanValue(value.GetBoolean());
                break;
            case JsonKind.Null:
                json.WriteNullValue();
                break;
            default:
                json.WriteRawValue(value.RawUtf8);
                break;
        }
    }

    private static string Write(Action<JsonWriter> write)
    {
        ArrayBufferWriter<byte> bytes = new();
        using (JsonWriter json = new(bytes))
        {
            write(json);
        }

        return Encoding.UTF8.GetString(bytes.WrittenSpan);
    }
}
