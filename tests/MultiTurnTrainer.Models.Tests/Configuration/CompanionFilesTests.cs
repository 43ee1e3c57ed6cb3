using MultiTurnTrainer.Files;
using MultiTurnTrainer.Models.Configuration;

namespace MultiTurnTrainer.Models.Tests.Configuration;

public class CompanionFilesTests
{
    [Fact]
    public void List_AModelFolder_IsEverythingButWeightsAndOtherModels()
    {
        using TempFolder folder = new();
        foreach (
            string name in (string[])
                [
                    "config.json",
                    "model-00001-of-00002.safetensors",
                    "model.safetensors.index.json",
                    "LICENSE",
                    "additional_chat_templates/rag.jinja",
                    "adapter/adapter_config.json",
                    "adapter/adapter_model.safetensors",
                    "onnx/model.onnx",
                    "onnx/config.json",
                    ".git/HEAD",
                    ".run.mtt-lock",
                ]
        )
        {
            folder.Write(name, "x");
        }

        Assert.Equal(
            ["LICENSE", "additional_chat_templates/rag.jinja", "config.json"],
            CompanionFiles.List(folder.Path)
        );
    }

    [Fact]
    public void Copy_AFileInAFolder_StandsInTheSameFolder()
    {
        using TempFolder folder = new();
        folder.Write("from/additional_chat_templates/rag.jinja", "{{ x }}");

        CompanionFiles.Copy(folder["from"], "additional_chat_templates/rag.jinja", folder["to"], force: false);

        Assert.Equal("{{ x }}", File.ReadAllText(folder["to/additional_chat_templates/rag.jinja"]));
    }
}
