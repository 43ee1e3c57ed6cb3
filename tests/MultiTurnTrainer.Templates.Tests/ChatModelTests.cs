using MultiTurnTrainer.Files;
using MultiTurnTrainer.Templates;

namespace MultiTurnTrainer.Templates.Tests;

public class ChatModelTests
{
    [Fact]
    public void Load_NamedTemplates_ChoosesByTools()
    {
        using TempFolder folder = new();
        folder.Write(
            "tokenizer_config.json",
            """
            {"chat_template": [{"name": "default", "template": "plain"}, {"name": "tool_use", "template": "tools"}],
             "bos_token": {"content": "<s>"}, "eos_token": "</s>", "pad_token": "<pad>",
             "added_tokens_decoder": {"2": {"content": "</s>"}, "7": {"content": "<|eot|>"}}}
            """
        );
        folder.Write("generation_config.json", """{"eos_token_id": [2, 7]}""");
        ChatModel model = ChatModel.Load(folder.Path);
        Assert.Equal("plain", model.TemplateFor(hasTools: false).Source);
        Assert.Equal("tools", model.TemplateFor(hasTools: true).Source);
        Assert.Equal(("<s>", "</s>"), (model.BosToken, model.EosToken));
        Assert.Equal(["</s>", "<|eot|>"], model.StopTokens);
        Assert.Equal("<pad>", model.SpecialTokens["pad_token"].GetString());
    }

    [Fact]
    public void Load_NamedTemplatesWithoutDefault_ListsThemAndTakesTheNamedOne()
    {
        using TempFolder folder = new();
        folder.Write(
            "tokenizer_config.json",
            """{"chat_template": [{"name": "rag", "template": "with documents"}, {"name": "tool_use", "template": "tools"}]}"""
        );

        MttException problem = Assert.Throws<MttException>(() => ChatModel.Load(folder.Path));
        Assert.Contains("rag, tool_use", problem.Message);
        Assert.Contains("--chat-template-name", problem.Remedy);
        Assert.Contains(
            "rag, tool_use",
            Assert.Throws<MttException>(() => ChatModel.Load(folder.Path, null, "other")).Message
        );
        ChatModel chosen = ChatModel.Load(folder.Path, null, "rag");
        Assert.Equal("with documents", chosen.TemplateFor(hasTools: false).Source);
        Assert.Equal("with documents", chosen.TemplateFor(hasTools: true).Source);
    }

    [Fact]
    public void Load_TemplateFile_WinsOverTheConfiguration()
    {
        using TempFolder folder = new();
        folder.Write("tokenizer_config.json", """{"chat_template": "old", "eos_token": "</s>"}""");
        folder.Write("chat_template.jinja", "new");
        folder.Write("config.json", """{"eos_token_id": 5}""");
        folder.Write("tokenizer.json", """{"added_tokens": [{"id": 5, "content": "<|end|>"}]}""");
        ChatModel model = ChatModel.Load(folder.Path);
        Assert.Equal("new", model.Template.Source);
        Assert.Equal(["</s>", "<|end|>"], model.StopTokens);
    }

    [Fact]
    public void Load_NoTemplate_SaysWhatToDo()
    {
        using TempFolder folder = new();
        folder.Write("tokenizer_config.json", "{}");
        MttException problem = Assert.Throws<MttException>(() => ChatModel.Load(folder.Path));
        Assert.Contains("no chat template", problem.Message);
        Assert.Contains("--template", problem.Remedy);
    }

    [Fact]
    public void Load_BadTemplate_NamesThePlace()
    {
        using TempFolder folder = new();
        folder.Write("tokenizer_config.json", """{"chat_template": "a\n{% if %}"}""");
        MttException problem = Assert.Throws<MttException>(() => ChatModel.Load(folder.Path));
        Assert.Contains("line 2, column 7", problem.Message);
    }
}
