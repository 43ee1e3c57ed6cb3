using System.Text.Json;
using MultiTurnTrainer.Conversations.Formats;
using MultiTurnTrainer.Conversations.Jsonl;
using MultiTurnTrainer.Files;
using MultiTurnTrainer.Files.Json;

namespace MultiTurnTrainer.Conversations.Tests.Formats;

/// <summary>Rows as the readers of every command see them: nothing that a row says is lost or becomes something else.</summary>
public sealed class ConvertedKeysTests : IDisposable
{
    private const string CallF = """{"type":"function","function":{"name":"f","arguments":{"a":1}}}""";
    private const string CallG = """{"type":"function","function":{"name":"g","arguments":{}}}""";
    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("messages", "role", "content")]
    [InlineData("conversations", "role", "content")]
    [InlineData("conversations", "from", "value")]
    public void Read_RolesOfCallsAndResults_BecomeCallsAndResults(string list, string role, string content)
    {
        string row = $$$$"""
            {"{{{{list}}}}":[{"{{{{role}}}}":"user","{{{{content}}}}":"q"},
            {"{{{{role}}}}":"tool_call","{{{{content}}}}":"{\"name\":\"f\",\"arguments\":{\"a\":1}}"},
            {"{{{{role}}}}":"tool_call","{{{{content}}}}":"{\"name\":\"g\",\"arguments\":null}"},
            {"{{{{role}}}}":"tool_response","{{{{content}}}}":"r"},{"{{{{role}}}}":"tool_response","{{{{content}}}}":"s"},
            {"{{{{role}}}}":"assistant","{{{{content}}}}":"a"}]}
            """;
        AssertMessages(
            $$$$"""
            [{"role":"user","content":"q"},{"role":"assistant","content":"","tool_calls":[{{{{CallF}}}},{{{{CallG}}}}]},
            {"role":"tool","content":"r"},{"role":"tool","content":"s"},{"role":"assistant","content":"a"}]
            """,
            row
        );
    }

    [Theory]
    [InlineData("messages", "role", "content")]
    [InlineData("conversations", "from", "value")]
    public void Read_ThoughtBeforeACall_IsItsReasoning(string list, string role, string content)
    {
        string row = $$$$"""
            {"{{{{list}}}}":[{"{{{{role}}}}":"user","{{{{content}}}}":"q"},
            {"{{{{role}}}}":"function_call","{{{{content}}}}":"<think>\nwhy\n</think>\n\n{\"name\":\"f\",\"arguments\":{\"a\":1}}"}]}
            """;
        AssertMessages(
            $$$$"""
            [{"role":"user","content":"q"},{"role":"assistant","reasoning_content":"why","content":"","tool_calls":[{{{{CallF}}}}]}]
            """,
            row
        );
    }

    [Theory]
    [InlineData("messages", "role", "content", "assistant")]
    [InlineData("conversations", "from", "value", "gpt")]
    public void Read_CallsPrintedIntoAnAnswer_AreCalls(string list, string role, string content, string assistant)
    {
        string row = $$$$"""
            {"{{{{list}}}}":[{"{{{{role}}}}":"user","{{{{content}}}}":"q"},
            {"{{{{role}}}}":"{{{{assistant}}}}","{{{{content}}}}":"Let me look.\n<tool_call>\n{\"name\":\"f\",\"arguments\":{\"a\":1}}\n</tool_call>\n\u003ctool_call\u003e{\"name\":\"g\",\"arguments\":{}}</tool_call>"},
            {"{{{{role}}}}":"tool","{{{{content}}}}":"<tool_response>\nr\n</tool_response>\n<tool_response>s</tool_response>"},
            {"{{{{role}}}}":"{{{{assistant}}}}","{{{{content}}}}":"say <tool_call> and wait"}]}
            """;
        AssertMessages(
            $$$$"""
            [{"role":"user","content":"q"},{"role":"assistant","content":"Let me look.","tool_calls":[{{{{CallF}}}},{{{{CallG}}}}]},
            {"role":"tool","content":"r"},{"role":"tool","content":"s"},{"role":"assistant","content":"say <tool_call> and wait"}]
            """,
            row
        );
    }

    /// <summary>A call is no part of the answer before it when it says something of its own, such as a note.</summary>
    [Fact]
    public void Read_CallTurnWithItsOwnKeys_KeepsThem()
    {
        AssertMessages(
            $$$$"""
            [{"role":"user","content":"q"},{"role":"assistant","content":"look"},
            {"role":"assistant","content":"","note":"n","tool_calls":[{{{{CallF}}}},{{{{CallG}}}}]}]
            """,
            """
            {"conversations":[{"from":"human","value":"q"},{"from":"gpt","value":"look"},
            {"from":"function_call","value":"{\"name\":\"f\",\"arguments\":{\"a\":1}}","note":"n"},
            {"from":"function_call","value":"{\"name\":\"g\",\"arguments\":{}}","note":"n"}]}
            """
        );
    }

    [Fact]
    public void Read_TurnWithReasoningCallsAndWeight_KeepsThem() =>
        AssertMessages(
            $$$$"""
            [{"role":"user","content":"q"},
            {"role":"assistant","content":"a","reasoning_content":"why","tool_calls":[{{{{CallF}}}}],"weight":0.5,"note":"n"}]
            """,
            $$$$"""
            {"conversations":[{"from":"human","value":"q"},
            {"from":"gpt","value":"a","reasoning_content":"why","tool_calls":[{{{{CallF}}}}],"weight":0.5,"note":"n"}]}
            """
        );

    [Theory]
    [InlineData("""{"query":"q","response":"a","system":"s","history":[["h","i"]]}""")]
    [InlineData("""{"prompt":"q","completion":"a","system":"s","history":[["h","i"]]}""")]
    [InlineData("""{"instruction":"q","output":"a","system":"s","history":[["h","i"]]}""")]
    [InlineData(
        """{"query":"q","response":"a","system":"s","history":[{"role":"user","content":"h"},{"role":"assistant","content":"i"}]}"""
    )]
    [InlineData("""{"instruction":"q","chosen":"a","rejected":"b","system":"s","history":[["h","i"]]}""")]
    public void Read_PairWithHistory_BeginsWithIt(string row) =>
        AssertMessages(
            """
            [{"role":"system","content":"s"},{"role":"user","content":"h"},{"role":"assistant","content":"i"},
            {"role":"user","content":"q"},{"role":"assistant","content":"a"}]
            """,
            row
        );

    [Theory]
    [InlineData("""{"instruction":"q","output":"a","tools":"[{\"name\":\"f\"}]"}""")]
    [InlineData("""{"query":"q","response":"a","tools":[{"name":"f"}]}""")]
    [InlineData(
        """{"conversations":[{"from":"human","value":"q"},{"from":"gpt","value":"a"}],"tools":[{"type":"function","function":{"name":"f"}}]}"""
    )]
    [InlineData("""{"instruction":"q","output":"a","functions":[{"name":"f"}]}""")]
    [InlineData("""{"prompt":"q","completion":"a","tools":null,"functions":[{"name":"f"}]}""")]
    [InlineData(
        """{"conversations":[{"from":"human","value":"q"},{"from":"gpt","value":"a"}],"functions":[{"name":"f"}]}"""
    )]
    [InlineData("""{"prompt":"q","chosen":"a","rejected":"b","functions":[{"name":"f"}]}""")]
    [InlineData("""{"chat":"USER: q\n\n\nASSISTANT: a <|endoftext|>","system":"SYSTEM: s","tools":[{"name":"f"}]}""")]
    [InlineData(
        """{"input":{"messages":[{"role":"user","content":"q"}],"tools":[{"name":"f"}]},"preferred_output":[{"role":"assistant","content":"a"}],"non_preferred_output":[{"role":"assistant","content":"b"}]}"""
    )]
    public void Read_Tools_AreDeclared(string row) =>
        Assert.Equal("""[{"type":"function","function":{"name":"f"}}]""", Read(row, false).Tools!.Value.GetRawText());

    [Theory]
    [InlineData(
        """{"system":[{"type":"text","text":"s"}],"messages":[{"role":"user","content":["q",{"text":"r"}]}]}"""
    )]
    [InlineData(
        """{"system":["s"],"conversations":[{"from":"human","value":["q",{"type":"input_text","text":"r"}]}]}"""
    )]
    public void Read_Parts_AreTextParts(string row) =>
        AssertMessages(
            """
            [{"role":"system","content":[{"type":"text","text":"s"}]},
            {"role":"user","content":[{"type":"text","text":"q"},{"type":"text","text":"r"}]}]
            """,
            row
        );

    [Fact]
    public void Read_ReasoningItemsOfResponses_BelongToTheAnswer() =>
        AssertMessages(
            """
            [{"role":"user","content":"q"},
            {"role":"assistant","content":"","reasoning_content":"why\nso","tool_calls":[{"id":"1","type":"function","function":{"name":"f","arguments":"{}"}}]},
            {"role":"tool","tool_call_id":"1","content":"r"}]
            """,
            """
            {"input":[{"role":"user","content":"q"},{"type":"reasoning","summary":[{"type":"summary_text","text":"why"},{"type":"summary_text","text":"so"}]},
            {"type":"function_call","call_id":"1","name":"f","arguments":"{}"},{"type":"function_call_output","call_id":"1","output":"r"}]}
            """
        );

    [Theory]
    [InlineData("\"instructions\":\"s\",\"output\":\"a\"")]
    [InlineData(
        "\"instructions\":[{\"role\":\"system\",\"content\":\"s\"}],\"output\":[{\"role\":\"assistant\",\"content\":\"a\"}]"
    )]
    public void Read_InstructionsAndOutputOfResponses_AreMessages(string beside) =>
        AssertMessages(
            """[{"role":"system","content":"s"},{"role":"user","content":"q"},{"role":"assistant","content":"a"}]""",
            $$"""{"input":[{"role":"user","content":"q"}],{{beside}}}"""
        );

    [Fact]
    public void Read_KeysBesideTheRequestOfResponses_AreMetadata()
    {
        Conversation read = Read(
            """{"responses_create_params":{"input":[{"role":"user","content":"q"}],"output":{"n":1}},"output":"b","tools":[1]}""",
            normalise: false
        );
        Assert.Equal("""{"output":"b","tools":[1],"output":{"n":1}}""", read.Json.GetProperty("metadata").GetRawText());
    }

    /// <summary>Anthropic's HH with its prompt apart: the answers in it are context, the blank after the last name is nobody's.</summary>
    [Theory]
    [InlineData("\"completion\":\" a\"")]
    [InlineData("\"chosen\":\" a\",\"rejected\":\" b\"")]
    public void Read_PromptThatIsAPrintedDialogue_IsItsMessages(string answer) =>
        AssertMessages(
            """
            [{"role":"user","content":"q"},{"role":"assistant","weight":0,"content":"older"},{"role":"user","content":"r"},
            {"role":"assistant","content":"a"}]
            """,
            $$"""{"prompt":"\n\nHuman: q\n\nAssistant: older\n\nHuman: r\n\nAssistant:",{{answer}}}"""
        );

    [Theory]
    [InlineData("Human: q")]
    [InlineData("\n\nHuman: q\n\nAssistant: begun")]
    [InlineData("Say it\n\nAssistant:")]
    public void Read_PromptThatOnlyLooksPrinted_StaysAText(string prompt) =>
        Assert.Equal(
            [prompt, " a"],
            Read($$"""{"prompt":{{System.Text.Json.JsonSerializer.Serialize(prompt)}},"completion":" a"}""", false)
                .Messages.Select(message => message.Content)
        );

    /// <summary>Arrow gives every row the keys of all rows: a format is known by what is there.</summary>
    [Theory]
    [InlineData(
        """{"chosen":null,"rejected":null,"prompt":null,"instruction":null,"output":null,"messages":[{"role":"user","content":"q","from":null,"value":null},{"role":"assistant","content":"a","from":null,"value":null}]}"""
    )]
    [InlineData(
        """{"messages":null,"conversations":[{"from":"human","value":"q","role":null,"content":null},{"from":"gpt","value":"a","role":null,"content":null}],"system":null,"tools":null}"""
    )]
    [InlineData("""{"instruction":null,"input":null,"output":null,"history":null,"query":"q","response":"a"}""")]
    public void Read_RowWithTheKeysOfAllRows_IsItsOwnFormat(string row)
    {
        IReadOnlyList<Message> messages = Read(row, normalise: false).Messages;
        Assert.Equal(
            [("user", "q"), ("assistant", "a")],
            messages.Select(message => (message.RoleName, message.Content))
        );
    }

    /// <summary>A message of a call's role that has calls of its own is an answer.</summary>
    [Theory]
    [InlineData("null", "null")]
    [InlineData("\"\"", "\"\"")]
    [InlineData("\"words\"", "\"words\"")]
    public void Read_RoleOfACallWithCalls_IsAnAnswer(string content, string expected)
    {
        Conversation read = Read(
            $$$$"""
            {"messages":[{"role":"user","content":"q"},{"role":"tool_call","content":{{{{content}}}},"tool_calls":[{{{{CallF}}}}]},
            {"role":"tool_response","content":"r"},{"role":"assistant","content":"a"}]}
            """,
            normalise: false
        );
        Assert.Equal(["user", "assistant", "tool", "assistant"], read.Messages.Select(message => message.RoleName));
        Assert.Equal(expected, read.Messages[1].Json.GetProperty("content").GetRawText());
        Assert.Equal("f", Assert.Single(read.Messages[1].ToolCalls).Name);
    }

    [Fact]
    public void Read_CallsPrintedIntoTheOnlyPart_AreCalls() =>
        AssertMessages(
            $$$$"""
            [{"role":"user","content":"q"},{"role":"assistant","content":"","tool_calls":[{{{{CallF}}}}]},{"role":"tool","content":"r"},
            {"role":"assistant","content":[{"type":"text","text":"<tool_call>{}</tool_call>","weight":0}]}]
            """,
            """
            {"messages":[{"role":"user","content":"q"},
            {"role":"assistant","content":[{"type":"text","text":"<tool_call>{\"name\":\"f\",\"arguments\":{\"a\":1}}</tool_call>"}]},
            {"role":"tool","content":[{"type":"text","text":"<tool_response>r</tool_response>"}]},
            {"role":"assistant","content":[{"type":"text","text":"<tool_call>{}</tool_call>","weight":0}]}]}
            """
        );

    /// <summary>One system prompt: the messages' own, where they have one.</summary>
    [Theory]
    [InlineData(
        """{"system":"t","messages":[{"role":"system","content":"s"},{"role":"user","content":"q"},{"role":"assistant","content":"a"}]}"""
    )]
    [InlineData(
        """{"system":"t","conversations":[{"from":"system","value":"s"},{"from":"human","value":"q"},{"from":"gpt","value":"a"}]}"""
    )]
    [InlineData(
        """{"system":"t","prompt":[{"role":"system","content":"s"},{"role":"user","content":"q"}],"completion":[{"role":"assistant","content":"a"}]}"""
    )]
    [InlineData(
        """{"system":"t","prompt":[{"role":"system","content":"s"},{"role":"user","content":"q"}],"chosen":"a","rejected":"b"}"""
    )]
    [InlineData(
        """{"system":"t","chosen":[{"role":"system","content":"s"},{"role":"user","content":"q"},{"role":"assistant","content":"a"}],"rejected":[]}"""
    )]
    [InlineData("""{"system":"t","query":"q","response":"a","history":[{"role":"system","content":"s"}]}""")]
    public void Read_SystemPromptBesideOneInTheMessages_IsMetadata(string row)
    {
        Conversation read = Read(row, normalise: false);
        Assert.Equal(
            [("system", "s"), ("user", "q"), ("assistant", "a")],
            read.Messages.Select(message => (message.RoleName, message.Content!))
        );
    }

    [Fact]
    public void Read_ReasoningItemWithoutText_LeavesNoEmptyReasoning() =>
        AssertMessages(
            """[{"role":"user","content":"q"},{"role":"assistant","content":"a"}]""",
            """{"input":[{"role":"user","content":"q"},{"type":"reasoning","summary":[]},{"role":"assistant","content":"a"}]}"""
        );

    [Fact]
    public void Read_CallMessageOfLlamaFactory_IsACall() =>
        AssertMessages(
            $$$$"""
            [{"role":"user","content":"q"},{"role":"assistant","content":"","tool_calls":[{{{{CallF}}}}]},{"role":"tool","content":"r"},
            {"role":"assistant","content":"a"}]
            """,
            """
            {"messages":[{"role":"user","content":[{"type":"text","value":"q"}]},{"role":"tool_call","content":"{\"name\":\"f\",\"arguments\":{\"a\":1}}"},
            {"role":"tool","content":[{"type":"text","value":"r"}]},{"role":"assistant","content":[{"type":"text","value":"a"}]}]}
            """
        );

    private void AssertMessages(string expected, string row)
    {
        foreach (bool normalise in new[] { false, true })
        {
            JsonView messages = Read(row, normalise).Json.GetProperty("messages");
            Assert.True(JsonView.DeepEquals(JsonView.Parse(expected), messages), messages.GetRawText());
        }
    }

    private Conversation Read(string row, bool normalise) =>
        ConversationReader
            .Read(
                _folder.Write("row.jsonl", row.ReplaceLineEndings(" ")),
                new ConversionOptions { Normalise = normalise, Preference = PreferenceSide.Chosen }
            )
            .Single();
}
