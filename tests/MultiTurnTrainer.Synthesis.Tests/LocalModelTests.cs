namespace MultiTurnTrainer.Synthesis.Tests;

/// <summary><c>mtt review</c> end to end with a model folder: our own rendering, tokenizing and generation.</summary>
public class LocalModelTests
{
    // A random model knows no tags: its words are taken as they come, and one round needs no chairman.
    private const string Settings = """
        review:
          model: model
          rounds: 1
          accept_untagged: true
          review_last_round: true
          max_repairs: 1
          candidate: { max_tokens: 12, temperature: 1.0 }
          reviewers:
            - { max_tokens: 8, temperature: 1.0 }
            - { max_tokens: 8, temperature: 0.0 }
        """;

    [Fact]
    public void Review_VariableOfTheRun_ReachesTheTemplate()
    {
        using TempFolder folder = new();
        TinyModel.Write(folder);
        string template = folder["model/chat_template.jinja"];
        File.WriteAllText(
            template,
            "{% if mark is not defined %}{{ raise_exception('no mark') }}{% endif %}" + File.ReadAllText(template)
        );
        folder.Write("seeds.jsonl", """{"prompt":"Hello there."}""");
        folder.Write("mtt.yaml", Settings);

        MttResult without = MttProcess.Run(folder.Path, ["review", "seeds.jsonl", "-o", "a"]);
        MttResult with = MttProcess.Run(
            folder.Path,
            ["review", "seeds.jsonl", "-o", "b", "--chat-template-kwargs", """{"mark":"x"}"""]
        );

        Assert.Equal(2, without.ExitCode);
        Assert.Contains("no mark", without.Error, StringComparison.Ordinal);
        Assert.True(with.ExitCode == 0, with.Error);
    }

    [Fact]
    public void Review_TinyRandomModel_RunsAndRepeatsItselfAndReplays()
    {
        using TempFolder folder = new();
        TinyModel.Write(folder);
        folder.Write(
            "seeds.jsonl",
            """{"prompt":"Hello there."}""" + "\n" + """{"prompt":"Where is my order?"}""" + "\n"
        );
        folder.Write("mtt.yaml", Settings);
        MttResult first = MttProcess.Run(folder.Path, ["review", "seeds.jsonl", "-o", "a"]);
        Assert.True(first.ExitCode == 0, first.Error);
        Assert.Equal(0, MttProcess.Run(folder.Path, ["review", "seeds.jsonl", "-o", "b"]).ExitCode);
        Assert.Equal(0, MttProcess.Run(folder.Path, ["review", "--replay", "a/trace.jsonl", "-o", "c"]).ExitCode);
        byte[] conversations = File.ReadAllBytes(folder["a/conversations.jsonl"]);
        Assert.Equal(2, File.ReadLines(folder["a/conversations.jsonl"]).Count());
        Assert.Equal(conversations, File.ReadAllBytes(folder["b/conversations.jsonl"]));
        Assert.Equal(conversations, File.ReadAllBytes(folder["c/conversations.jsonl"]));
    }
}
