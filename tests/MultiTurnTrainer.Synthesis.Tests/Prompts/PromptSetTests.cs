using MultiTurnTrainer.Files;
using MultiTurnTrainer.Synthesis.Prompts;

namespace MultiTurnTrainer.Synthesis.Tests.Prompts;

public class PromptSetTests
{
    [Fact]
    public void WriteBuiltin_LoadedAgain_IsTheSameSet()
    {
        using TempFolder folder = new();
        IReadOnlyList<string> written = PromptSet.WriteBuiltin(folder["prompts"], force: false);
        Assert.Equal(16, written.Count);
        Assert.All(written, name => Assert.True(File.Exists(Path.Combine(folder["prompts"], name)), name));
        Assert.Equal(PromptSet.Builtin.Hash, PromptSet.Load(folder["prompts"]).Hash);
        Assert.Throws<MttException>(() => PromptSet.WriteBuiltin(folder["prompts"], force: false));
    }

    [Fact]
    public void Load_EditedPrompt_ChangesTheHash()
    {
        using TempFolder folder = new();
        folder.Write("candidate.system.md", "Answer in verse.\n");
        PromptSet edited = PromptSet.Load(folder.Path);
        Assert.Equal("Answer in verse.", edited.Texts["candidate.system"]);
        Assert.NotEqual(PromptSet.Builtin.Hash, edited.Hash);
    }

    [Theory]
    [InlineData("candidat.system.md", "x", "no prompt has that name")]
    [InlineData("chairman.ask.md", "Ask. {{format}}", "{{material}}")]
    public void Load_WhatCannotBe_SaysSo(string name, string text, string message)
    {
        using TempFolder folder = new();
        folder.Write(name, text);
        MttException problem = Assert.Throws<MttException>(() => PromptSet.Load(folder.Path));
        Assert.Contains(message, problem.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Fill_FilledText_IsNotFilledAgain() =>
        Assert.Contains(
            "{{format}}",
            PromptSet.Builtin.Fill("candidate.guide", ("question", "what is {{format}}?"), ("format", "F")),
            StringComparison.Ordinal
        );
}
