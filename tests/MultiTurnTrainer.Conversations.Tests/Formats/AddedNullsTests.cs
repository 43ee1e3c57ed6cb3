using System.Text;
using MultiTurnTrainer.Conversations.Formats;
using MultiTurnTrainer.Files.Json;

namespace MultiTurnTrainer.Conversations.Tests.Formats;

/// <summary>Nulls that Arrow adds go; nulls that somebody wrote, and every blank, stay.</summary>
public class AddedNullsTests
{
    private const string Messages = "\"messages\":[{\"role\":\"user\",\"content\":\"q\"}";

    [Theory]
    [InlineData(
        """{"type":"object","properties":{"a":{"type":"string","enum":null},"b":null},"required":["a"]}""",
        """{"type":"object","properties":{"a":{"type":"string"}},"required":["a"]}"""
    )]
    [InlineData(
        """{"properties":{"a":{"type":"string","default":null,"items":null}}}""",
        """{"properties":{"a":{"type":"string"}}}"""
    )]
    [InlineData(
        """{"properties":{"a":{"type":"string","default":null},"enum":{"enum":["x",null]}}}""",
        """{"properties":{"a":{"type":"string","default":null},"enum":{"enum":["x",null]}}}"""
    )]
    [InlineData("""{"properties":{"default":null, "a":{}}}""", """{"properties":{"a":{}}}""")]
    public void Drop_Schema_KeepsWhatSomebodyWrote(string parameters, string expected) =>
        Assert.Equal(Tools(expected), Drop(Tools(parameters)));

    [Theory]
    [InlineData("""{"a":1,"b":null}""", """{"a":1}""")]
    [InlineData("""{"b":null, "a":null}""", """{"a":null}""")]
    [InlineData("""{"b":null,"c":null}""", "{}")]
    [InlineData("""{"o":{"x":null,"y":null},"f":{"z":null}}""", """{"o":{"x":null},"f":{"z":null}}""")]
    [InlineData("""{"l":[{"x":null,"y":null}]}""", """{"l":[{"x":null}]}""")]
    [InlineData("\"{\\\"a\\\": 1, \\\"b\\\": null, \\\"o\\\": {}}\"", "\"{\\\"a\\\": 1, \\\"o\\\": {}}\"")]
    [InlineData("\"not json null\"", "\"not json null\"")]
    public void Drop_Arguments_KeepsParameters(string arguments, string expected) =>
        Assert.Equal(Call("f", expected), Drop(Call("f", arguments)));

    [Theory]
    [InlineData("""{"a":1,"b":null}""", """{"a":1}""")]
    [InlineData("\"{\\\"b\\\": null}\"", "\"{\\\"b\\\": null}\"")]
    public void Drop_ArgumentsOfAnUndeclaredTool_LosesObjectsNulls(string arguments, string expected) =>
        Assert.Equal(Call("g", expected), Drop(Call("g", arguments)));

    /// <summary>Tools and calls that went through one struct: the parameter of another tool is null in both.</summary>
    [Fact]
    public void Drop_ParameterThatIsNullInTheSchemaToo_IsAnothersAndGoes()
    {
        string row =
            "{"
            + Messages
            + ",{\"role\":\"assistant\",\"tool_calls\":[{\"function\":{\"name\":\"f\",\"arguments\":{\"a\":1,\"city\":null}}}]}],"
            + "\"tools\":[{\"function\":{\"name\":\"f\",\"parameters\":{\"properties\":{\"a\":{},\"city\":null}}}}]}";
        Assert.Equal(row.Replace(",\"city\":null", "", StringComparison.Ordinal), Drop(row));
    }

    [Fact]
    public void Drop_RowWithoutAny_IsTheSameBytes()
    {
        byte[] row = Encoding.UTF8.GetBytes($$"""{ {{Messages}},{"role":"assistant","content":null}], "x":null }""");
        Assert.True(row.AsMemory().Equals(new AddedNulls().Drop(Scan(row))));
    }

    private static string Drop(string row) =>
        Encoding.UTF8.GetString(new AddedNulls().Drop(Scan(Encoding.UTF8.GetBytes(row))).Span);

    private static JsonTape Scan(byte[] row)
    {
        JsonTape tape = new();
        Assert.True(tape.Scan(row));
        return tape;
    }

    private static string Tools(string parameters) =>
        "{"
        + Messages
        + "],\"tools\":[{\"type\":\"function\",\"function\":{\"name\":\"f\",\"parameters\":"
        + parameters
        + "}}]}";

    private static string Call(string name, string arguments) =>
        "{"
        + Messages
        + $",{{\"role\":\"assistant\",\"tool_calls\":[{{\"type\":\"function\",\"function\":{{\"name\":\"{name}\",\"arguments\":{arguments}}}}}]}}],"
        + """
            "tools":[{"type":"function","function":{"name":"f","parameters":{"type":"object","properties":{"a":{"type":["integer","null"]},
            "o":{"type":"object","properties":{"x":{"type":"string"}}},"f":{"type":"object"},"l":{"type":"array","items":{"properties":{"x":{}}}}}}}}]}
            """;
}
