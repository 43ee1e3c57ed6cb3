using System.Text;
using FsCheck;
using FsCheck.Fluent;
using MultiTurnTrainer.Files.Json;
using MultiTurnTrainer.Validation;

namespace MultiTurnTrainer.Validation.Tests;

public class RowFixerTests
{
    [Theory]
    [InlineData(
        """{"messages":[{"role":"Human","content":"a"}]}""",
        """{"messages":[{"role":"user","content":"a"}]}""",
        "role-alias"
    )]
    [InlineData(
        """{"messages":[{"role":"user","content":"a\u0000b"}]}""",
        """{"messages":[{"role":"user","content":"ab"}]}""",
        "drop-nul-characters"
    )]
    [InlineData(
        """{"messages":[{"role":"user","content":"\ud800x"}]}""",
        """{"messages":[{"role":"user","content":"\ufffdx"}]}""",
        "replace-lone-surrogates"
    )]
    [InlineData(
        """{"messages":[{"role":"user","content":"a","content":"a"}]}""",
        """{"messages":[{"role":"user","content":"a"}]}""",
        "drop-equal-duplicate-keys"
    )]
    [InlineData(
        """{"messages":[{"role":"user","content":"a","name":null}]}""",
        """{"messages":[{"role":"user","content":"a"}]}""",
        "drop-null-keys"
    )]
    [InlineData(
        """{"messages":[{"role":"assistant","content":[{"type":"text","text":"a","image":null}],"tool_calls":[{"id":null,"function":{"name":"f","arguments":{"a":1,"b":null}}}]}]}""",
        """{"messages":[{"role":"assistant","content":[{"type":"text","text":"a"}],"tool_calls":[{"function":{"name":"f","arguments":{"a":1}}}]}]}""",
        "drop-null-keys"
    )]
    [InlineData(
        """{"messages":[{"role":"assistant","tool_calls":[{"name":"f","arguments":"{\"a\": null, \"b\": null}"}]}],"tools":"[{\"name\":\"f\",\"parameters\":{\"properties\":{\"a\":{}}}}]"}""",
        """{"messages":[{"role":"assistant","tool_calls":[{"name":"f","arguments":"{\"a\": null}"}]}],"tools":"[{\"name\":\"f\",\"parameters\":{\"properties\":{\"a\":{}}}}]"}""",
        "drop-null-keys"
    )]
    public void Fix_ADamagedRow_IsNamedAndFixed(string row, string expected, string name)
    {
        (string result, IReadOnlyList<string> names) = Fix(row);
        Assert.Equal(expected, result);
        Assert.Equal([name], names);
    }

    [Fact]
    public void Fix_AGoodRow_KeepsItsBytes()
    {
        string row = """{ "messages" : [ {"role":"user","content":"\u00e9 \n"} ] , "n" : 1.50 }""";
        Assert.Equal((row, 0), (Fix(row).Text, Fix(row).Names.Count));
    }

    /// <summary>A call by its role is read as one: as an assistant's, its JSON would be learned as text.</summary>
    [Fact]
    public void Fix_RoleOfCalls_StaysForTheReaders()
    {
        string row = """{"messages":[{"role":"tool_call","content":"{}"}]}""";
        Assert.Equal(row, Fix(row).Text);
    }

    [Fact]
    public void Fix_DifferentDuplicateKeys_AreLeftForPeople()
    {
        string row = """{"messages":[{"role":"user","content":"a","content":"b"}]}""";
        Assert.Equal(row, Fix(row).Text);
    }

    [Fact]
    public void Fix_ManyKeys_KeepsEachPairOnce()
    {
        string keys = string.Join(',', Enumerable.Range(0, 200_000).Select(i => $"\"k{i}\":{i}"));
        string row = "{\"x\":{" + keys + ",\"k7\":7,\"k8\":9}}";
        (string text, IReadOnlyList<string> names) = Fix(row);
        Assert.Equal("{\"x\":{" + keys + ",\"k8\":9}}", text);
        Assert.Equal(["drop-equal-duplicate-keys"], names);
    }

    [Fact]
    public void Fix_InvalidUtf8_BecomesReplacement()
    {
        byte[] row = [.. "{\"messages\":[{\"role\":\"user\",\"content\":\"a"u8, 0xFF, .. "\"}]}"u8];
        JsonTape tape = new();
        Assert.True(tape.Scan(row));
        RowFixer fixer = new();
        Assert.Contains("a\uFFFD", Encoding.UTF8.GetString(fixer.Fix(tape).Span), StringComparison.Ordinal);
        Assert.Equal(["replace-invalid-utf8"], fixer.Names);
    }

    /// <summary>Whatever the row, repairing a repaired row changes nothing.</summary>
    [Fact]
    public void Fix_Twice_IsFixOnce()
    {
        string[] pieces =
        [
            "\"role\":\"human\"",
            "\"role\":\"USER \"",
            "\"content\":\"a\\u0000\\ud800 \\ud83d\\ude00\"",
            "\"content\":null",
            "\"name\":null",
            "\"role\":\"human\"",
            "\"x\":{\"default\":null,\"x\":null}",
        ];
        Gen<string> rows = Gen.Elements(pieces)
            .ListOf()
            .Select(list => $$"""{"messages":[{{{string.Join(',', list)}}}],"tools":[{{{string.Join(',', list)}}}]}""");
        Prop.ForAll(
                rows.ToArbitrary(),
                row =>
                {
                    string once = Fix(row).Text;
                    (string twice, IReadOnlyList<string> names) = Fix(once);
                    return once == twice && names.Count == 0;
                }
            )
            .QuickCheckThrowOnFailure();
    }

    private static (string Text, IReadOnlyList<string> Names) Fix(string row)
    {
        JsonTape tape = new();
        Assert.True(tape.Scan(Encoding.UTF8.GetBytes(row)), row);
        RowFixer fixer = new();
        string text = Encoding.UTF8.GetString(fixer.Fix(tape).Span);
        return (text, fixer.Names);
    }
}
