using System.Text;
using FsCheck;
using FsCheck.Fluent;
using MultiTurnTrainer.Files.Json;
using MultiTurnTrainer.Files.Tests.Json;

namespace MultiTurnTrainer.Files.Tests;

public sealed class JsonTreeTests
{
    [Fact]
    public void Of_AnyJson_IsWrittenBackWithTheSameMeaning() =>
        Prop.ForAll(
                JsonViewTests.Texts().ToArbitrary(),
                text =>
                {
                    JsonView json = JsonView.Parse(text);
                    return JsonView.DeepEquals(json, JsonText.ToView(JsonTree.Of(json))) || HasRepeatedName(json);
                }
            )
            .QuickCheckThrowOnFailure();

    [Fact]
    public void Of_EveryKind_IsAsItSays()
    {
        JsonFields owner = (JsonFields)
            JsonTree.Of(JsonView.Parse("""{"list": [1.50, true, null, "\u00e9"], "twice": 1, "twice": 2}"""))!;

        List<object?> list = (List<object?>)owner["list"]!;
        Assert.Equal("1.50", Assert.IsType<JsonView>(list[0]).GetRawText());
        Assert.Equal([true, null, "é"], list.Skip(1));
        Assert.Equal(2, ((JsonView)owner["twice"]!).GetInt32());
        Assert.Equal("""{"list":[1.50,true,null,"é"],"twice":2}""", JsonText.Line(owner));
    }

    [Theory]
    [InlineData("""{"a": 1, "a": 2}""")]
    [InlineData("""{"a": {"b": 1, "\u0062": 2}}""")]
    [InlineData("""["\ud800"]""")]
    [InlineData("""{"\ud800": 1}""")]
    [InlineData("""[1,]""")]
    [InlineData("")]
    public void Read_WhatIsAmbiguousOrNoJson_IsRefused(string text) =>
        Assert.Throws<FormatException>(() => JsonTree.Read(Encoding.UTF8.GetBytes(text)));

    [Theory]
    [InlineData(128, true)]
    [InlineData(129, false)]
    public void Read_Depth_EndsAt128(int depth, bool isRead)
    {
        byte[] text = Encoding.UTF8.GetBytes(new string('[', depth) + new string(']', depth));

        Assert.Equal(isRead, Record.Exception(() => JsonTree.Read(text)) is null);
    }

    private static bool HasRepeatedName(JsonView json) =>
        json.Kind switch
        {
            JsonKind.Object => json.EnumerateObject().Select(member => member.Name).Distinct().Count()
                < json.EnumerateObject().Count()
                || json.EnumerateObject().Any(member => HasRepeatedName(member.Value)),
            JsonKind.Array => json.EnumerateArray().Any(HasRepeatedName),
            _ => false,
        };
}
