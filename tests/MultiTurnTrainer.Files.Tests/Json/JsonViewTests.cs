using System.Buffers;
using System.Globalization;
using System.Text;
using System.Text.Json;
using FsCheck;
using FsCheck.Fluent;
using MultiTurnTrainer.Files.Json;

namespace MultiTurnTrainer.Files.Tests.Json;

public sealed class JsonViewTests
{
    [Fact]
    public void Members_OfAnyJson_AreThoseOfJsonElement() =>
        Prop.ForAll(
                Texts().ToArbitrary(),
                text => Assert.True(IsSame(JsonView.Parse(text), JsonElement.Parse(text)), text)
            )
            .QuickCheckThrowOnFailure();

    [Fact]
    public void WriteTo_AnyJson_WritesTheBytesOfJsonElement() =>
        Prop.ForAll(
                Texts().ToArbitrary(),
                text =>
                {
                    JsonElement expected = JsonElement.Parse(text);
                    Assert.Equal(Written(expected.WriteTo, false), Written(JsonView.Parse(text).WriteTo, false));
                    Assert.Equal(Written(expected.WriteTo, true), Written(JsonView.Parse(text).WriteTo, true));
                }
            )
            .QuickCheckThrowOnFailure();

    [Fact]
    public void DeepEquals_AnyTwo_IsAsJsonElementHasIt() =>
        Prop.ForAll(
                Texts().Two().ToArbitrary(),
                pair =>
                    JsonView.DeepEquals(JsonView.Parse(pair.Item1), JsonView.Parse(pair.Item2))
                    == JsonElement.DeepEquals(JsonElement.Parse(pair.Item1), JsonElement.Parse(pair.Item2))
            )
            .QuickCheckThrowOnFailure();

    [Theory]
    [InlineData("""{"a": 1, "b": [2, 3]}""", """{"b":[2,3.0],"a":1e0}""", true)]
    [InlineData("""{"a": 1}""", """{"a": 1, "b": null}""", false)]
    [InlineData("\"\\u00e9\"", "\"é\"", true)]
    public void DeepEquals_OtherSpelling_ComparesTheMeaning(string one, string other, bool expected) =>
        Assert.Equal(expected, JsonView.DeepEquals(JsonView.Parse(one), JsonView.Parse(other)));

    // What a collection expression makes of [] where the other branch is a list of these.
    [Fact]
    public void Enumerate_ByDefault_HasNothing()
    {
        Assert.Empty(default(JsonItems));
        Assert.Empty(default(JsonMembers));
    }

    [Fact]
    public void TryGetProperty_RepeatedName_TakesTheLast()
    {
        JsonView json = JsonView.Parse("""{"a": 1, "b": {"a": 3}, "\u0061": 2}""");

        Assert.Equal(2, json.GetProperty("a").GetInt32());
        Assert.Equal(["a", "b", "a"], json.EnumerateObject().Select(member => member.Name));
        Assert.False(json.TryGetProperty("c", out JsonView none));
        Assert.Equal(JsonKind.Undefined, none.Kind);
        Assert.Throws<KeyNotFoundException>(() => json.GetProperty("c"));
    }

    [Fact]
    public void Get_NullOrAbsentOrNoObject_IsNothing()
    {
        JsonView json = JsonView.Parse("""{"a": null, "b": "x", "c": [1]}""");

        Assert.Null(json.Get("a"));
        Assert.Null(json.Get("d"));
        Assert.Null(json.GetProperty("b").Get("a"));
        Assert.Null(default(JsonView).Get("a"));
        Assert.Equal("x", json.GetString("b"));
        Assert.Null(json.GetString("c"));
    }

    [Theory]
    [InlineData("2147483648", false, true)]
    [InlineData("-2147483648", true, true)]
    [InlineData("1.0", false, false)]
    [InlineData("1e2", false, false)]
    [InlineData("9223372036854775808", false, false)]
    public void TryGetInt_WholeNumbers_AreReadWhereTheyFit(string number, bool isInt, bool isLong)
    {
        JsonView json = JsonView.Parse(number);

        Assert.Equal((isInt, isLong), (json.TryGetInt32(out _), json.TryGetInt64(out _)));
        Assert.Equal(double.Parse(number, CultureInfo.InvariantCulture), json.GetDouble());
        if (!isInt)
        {
            Assert.Throws<FormatException>(() => json.GetInt32());
        }
    }

    [Fact]
    public void GetString_HalfOfASurrogatePair_IsReplacedAndSaid()
    {
        JsonView json = JsonView.Parse("""["\ud800", "\ud83d\ude00", "\u00e9"]""");

        Assert.True(json[0].HasLoneSurrogate);
        Assert.Equal("\uFFFD", json[0].GetString());
        Assert.False(json[1].HasLoneSurrogate);
        Assert.Equal("😀", json[1].GetString());
        Assert.Equal("""["\ud800","\uD83D\uDE00","é"]""", Written(json.WriteTo, false));
    }

    [Theory]
    [InlineData("{\"a\": 1,}")]
    [InlineData("")]
    [InlineData("{} {}")]
    public void Parse_NotJson_SaysWhere(string text) =>
        Assert.Contains(
            "(byte ",
            Assert.Throws<FormatException>(() => JsonView.Parse(text)).Message,
            StringComparison.Ordinal
        );

    [Fact]
    public void Parse_BytesThatAreNoUtf8_AreRefused() =>
        Assert.Throws<FormatException>(() => JsonView.Parse([(byte)'"', 0xC3, (byte)'"']));

    [Fact]
    public void Parse_DeeperThanTheLimit_IsRefused()
    {
        Assert.Equal(JsonKind.Array, JsonView.Parse(new string('[', 256) + new string(']', 256)).Kind);
        Assert.Throws<FormatException>(() => JsonView.Parse(new string('[', 257) + new string(']', 257)));
    }

    [Fact]
    public void Parse_ManyTexts_LeavesTheValuesBeforeAlone()
    {
        JsonView[] views =
        [
            .. Enumerable.Range(0, 100).Select(i => JsonView.Parse($$"""{"n": {{i}}, "t": "{{i}}"}""")),
        ];

        Assert.All(
            views,
            (view, i) => Assert.Equal((i, $"{i}"), (view.GetProperty("n").GetInt32(), view.GetString("t")))
        );
    }

    [Fact]
    public void Enumerate_Values_AllocatesNothing()
    {
        JsonView json = JsonView.Parse("""{"a": [1, 2, 3], "b": {"c": 4}}""");
        Sum(json);
        long before = GC.GetAllocatedBytesForCurrentThread();
        int sum = Sum(json);

        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
        Assert.Equal(10, sum);
    }

    [Fact]
    public void ToTree_Values_AreOfPlainTypes()
    {
        object? tree = JsonView.Parse("""{"b": [1, 1.0, true, null], "a": "x", "b": [2]}""").ToTree();

        OrderedDictionary<string, object?> owner = Assert.IsType<OrderedDictionary<string, object?>>(tree);
        Assert.Equal(["b", "a"], owner.Keys);
        Assert.Equal([2L], Assert.IsType<List<object?>>(owner["b"]));
        Assert.Equal([1L, 1.0, true, null], (List<object?>)JsonView.Parse("[1, 1.0, true, null]").ToTree()!);
    }

    [Fact]
    public void Serializer_ARecordWithValues_ReadsWhatItWrote()
    {
        Record written = new(JsonView.Parse("""{"x": [1.50, "é", null]}"""), null, JsonView.Parse("null"));
        byte[] line = RecordJson.ToLine(written);
        Record read = RecordJson.Read<Record>(line);

        Assert.Equal("""{"one":{"x":[1.50,"é",null]},"three":null}""", Encoding.UTF8.GetString(line));
        Assert.Equal("""{"x":[1.50,"é",null]}""", read.One.GetRawText());
        Assert.Null(read.Two);
        Assert.Equal(JsonKind.Null, read.Three.Kind);
    }

    private sealed record Record(JsonView One, JsonView? Two, JsonView Three);

    private static int Sum(JsonView json) =>
        json.Kind switch
        {
            JsonKind.Number => json.GetInt32(),
            JsonKind.Array => SumItems(json),
            _ => SumMembers(json),
        };

    private static int SumItems(JsonView json)
    {
        int sum = 0;
        foreach (JsonView item in json.EnumerateArray())
        {
            sum += Sum(item);
        }

        return sum;
    }

    private static int SumMembers(JsonView json)
    {
        int sum = 0;
        foreach (JsonMember member in json.EnumerateObject())
        {
            sum += Sum(member.Value);
        }

        return sum;
    }

    private static bool IsSame(JsonView ours, JsonElement theirs) =>
        ours.Kind.ToString() == theirs.ValueKind.ToString()
        && ours.GetRawText() == theirs.GetRawText()
        && ours.ToString() == theirs.ToString()
        && theirs.ValueKind switch
        {
            JsonValueKind.Number => ours.GetDouble().Equals(theirs.GetDouble())
                && ours.TryGetInt64(out long a) == theirs.TryGetInt64(out long b)
                && a == b,
            JsonValueKind.Array => ours.GetArrayLength() == theirs.GetArrayLength()
                && ours.EnumerateArray().Zip(theirs.EnumerateArray()).All(pair => IsSame(pair.First, pair.Second)),
            JsonValueKind.Object => ours.EnumerateObject().Count() == theirs.EnumerateObject().Count()
                && ours.EnumerateObject()
                    .Zip(theirs.EnumerateObject())
                    .All(pair => pair.First.Name == pair.Second.Name && IsSame(pair.First.Value, pair.Second.Value))
                && theirs
                    .EnumerateObject()
                    .All(member => IsSame(ours.GetProperty(member.Name), theirs.GetProperty(member.Name))),
            _ => true,
        };

    private static string Written(Action<Utf8JsonWriter> write, bool isIndented)
    {
        ArrayBufferWriter<byte> bytes = new();
        using (Utf8JsonWriter json = new(bytes, JsonText.Writer with { Indented = isIndented, NewLine = "\n" }))
        {
            write(json);
        }

        return Encoding.UTF8.GetString(bytes.WrittenSpan);
    }

    internal static Gen<string> Texts() => Gen.Sized(size => Value(Math.Min(size, 40)));

    private static Gen<string> Value(int size)
    {
        Gen<string> text = Gen.Elements(
                "a",
                "é",
                "\\n",
                "\\\"",
                "\\u00e9",
                "\\ud83d\\ude00",
                "😀",
                " ",
                "/",
                "\\/",
                "<",
                "\u2028"
            )
            .ListOf()
            .Select(pieces => $"\"{string.Concat(pieces)}\"");
        Gen<string> scalar = Gen.OneOf(
            text,
            Gen.Elements("true", "false", "null", "0", "-0", "1.50", "1e3", "-12.5E-2", "12345678901234567890", "7")
        );
        if (size == 0)
        {
            return scalar;
        }

        Gen<string> space = Gen.Elements("", "", " ", "\n", "\t");
        Gen<string> inner = Value(size / 4);
        Gen<string> array =
            from items in inner.ListOf()
            from blank in space
            select $"[{blank}{string.Join($"{blank},{blank}", items)}{blank}]";
        Gen<string> member =
            from name in text
            from value in inner
            from blank in space
            select $"{name}{blank}:{blank}{value}";
        Gen<string> owner =
            from members in member.ListOf()
            from blank in space
            select $"{{{string.Join($",{blank}", members)}{blank}}}";
        return Gen.OneOf(scalar, array, owner);
    }
}
