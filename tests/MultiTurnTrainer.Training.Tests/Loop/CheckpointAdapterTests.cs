using MultiTurnTrainer.Models.Architectures;
using MultiTurnTrainer.Models.Lora;
using MultiTurnTrainer.Training.Loop;
using MultiTurnTrainer.Training.Settings;

namespace MultiTurnTrainer.Training.Tests.Loop;

/// <summary>What a run leaves for others: adapters with what a server needs to render, at the end and at every checkpoint.</summary>
public class CheckpointAdapterTests
{
    private const string _case = "llama-linear-rope";

    [Fact]
    public void Execute_EveryCheckpoint_IsAnAdaptersFolder()
    {
        using TempFolder folder = new();
        TrainRequest request = Request(folder) with
        {
            Train = TrainingCase.Settings(_case) with { SaveSteps = 5, SaveTotalLimit = 10 },
        };

        TrainingCase.Run(request);

        string first = Path.Combine(request.Output, "checkpoints", "step-00000005");
        string last = Path.Combine(request.Output, "checkpoints", "step-00000010");
        Assert.Equal(Weights(request.Output), Weights(last));
        Assert.NotEqual(Weights(first), Weights(last));
        using CausalLM model = CausalLM.Load(request.Model, TorchSharp.torch.ScalarType.Float32, TorchSharp.torch.CPU);
        using LoraAdapter adapter = LoraAdapter.Load(model, first);
        Assert.Equal(
            File.ReadAllBytes(Path.Combine(request.Output, "adapter_config.json")),
            File.ReadAllBytes(Path.Combine(first, "adapter_config.json"))
        );
        // Resuming from it gives the end that was there.
        byte[] end = Weights(request.Output);
        TrainingCase.Run(request with { Resume = first });
        Assert.Equal(end, Weights(request.Output));
    }

    [Fact]
    public void Execute_AnAdapter_CarriesTokenizerAndTemplate()
    {
        using TempFolder folder = new();
        TrainRequest request = Request(folder);

        TrainingCase.Run(request);

        foreach (string place in (string[])["", "checkpoints/step-00000010"])
        {
            string path = Path.Combine(request.Output, place);
            Assert.Equal("tokens", File.ReadAllText(Path.Combine(path, "tokenizer.json")));
            Assert.Equal("{{ messages }}", File.ReadAllText(Path.Combine(path, "chat_template.jinja")));
            Assert.Equal("other", File.ReadAllText(Path.Combine(path, "additional_chat_templates", "tools.jinja")));
            Assert.False(File.Exists(Path.Combine(path, "config.json")), "a folder with config.json is a model");
        }

        string manifest = File.ReadAllText(request.Output + ".manifest.json");
        Assert.Contains("tokenizer.json", manifest, StringComparison.Ordinal);
    }

    [Fact]
    public void Execute_WithAnotherTemplate_CarriesThatOneAndForceForgetsIt()
    {
        using TempFolder folder = new();
        TrainRequest request = Request(folder);
        File.Delete(Path.Combine(request.Model, "chat_template.jinja"));
        string own = folder.Write("own.jinja", "mine");

        TrainingCase.Run(request with { Rows = request.Rows with { Template = own } });
        string template = Path.Combine(request.Output, "chat_template.jinja");
        Assert.Equal("mine", File.ReadAllText(template));

        TrainingCase.Run(request with { Force = true });
        Assert.False(File.Exists(template));
    }

    private static TrainRequest Request(TempFolder folder)
    {
        string model = folder["model"];
        foreach (string name in (string[])["config.json", "generation_config.json", "model.safetensors"])
        {
            folder.Write($"model/{name}", "");
            File.Copy(Path.Combine(TrainingCase.Model(_case), name), Path.Combine(model, name), overwrite: true);
        }

        folder.Write("model/tokenizer.json", "tokens");
        folder.Write("model/chat_template.jinja", "{{ messages }}");
        folder.Write("model/additional_chat_templates/tools.jinja", "other");
        return TrainingCase.Request(
            _case,
            TrainingCase.WriteRows(folder, _case),
            folder["out"],
            TrainingCase.Settings(_case)
        ) with
        {
            Model = model,
        };
    }

    private static byte[] Weights(string folder) =>
        File.ReadAllBytes(Path.Combine(folder, "adapter_model.safetensors"));
}
