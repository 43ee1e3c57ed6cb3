using System.Text.Json;
using MultiTurnTrainer.Models.Adapters;
using MultiTurnTrainer.Models.Architectures;
using MultiTurnTrainer.Models.Generation;
using MultiTurnTrainer.Models.Lora;
using MultiTurnTrainer.Models.Safetensors;
using TorchSharp;
using static TorchSharp.torch;

namespace MultiTurnTrainer.Models.Tests.Families;

/// <summary>One of the reference cases in <c>shared/data/peers/families</c>: a tiny model of a family with everything it must compute.</summary>
internal sealed class FamilyCase(string name)
{
    private readonly string _folder = SharedData.Path("peers", "families", name);

    public static TheoryData<string> Names =>
        SharedData.Root is null
            ? ["llama"]
            :
            [
                .. Directory
                    .GetDirectories(SharedData.Path("peers", "families"))
                    .Select(path => Path.GetFileName(path))
                    .Order(StringComparer.Ordinal),
            ];

    /// <summary>The cases with an adapter on experts.</summary>
    public static TheoryData<string> NamesWithExperts =>
        SharedData.Root is null ? ["qwen3_moe"] : [.. Names.Where(name => Directory.Exists(ExpertsOf(name.Data)))];

    public string Folder => _folder;

    public string Adapter => Path.Combine(_folder, "adapter");

    public string ExpertAdapter => Path.Combine(_folder, "adapter_experts");

    public int[][] Sequences =>
        [
            .. Golden
                .Json(Path.Combine(_folder, "batch.json"))
                .GetProperty("sequences")
                .EnumerateArray()
                .Select(row => row.GetProperty("input_ids").Ints()),
        ];

    public string Expected(string file) => Path.Combine(_folder, "expected", file);

    public JsonElement Figures => Golden.Json(Expected("expected.json"));

    /// <summary>The folder with the other spelling of its configuration: as transformers 5 saves it, or as the hub has it.</summary>
    public string WriteOtherSpelling(TempFolder folder)
    {
        string other = File.Exists(Path.Combine(_folder, "config.v5.json")) ? "config.v5.json" : "config.hub.json";
        folder.Write("config.json", File.ReadAllText(Path.Combine(_folder, other)));
        File.CreateSymbolicLink(folder["model.safetensors"], Path.Combine(_folder, "model.safetensors"));
        return folder.Path;
    }

    public static float[] Logits(CausalLM model, Adapter? adapter, params int[][] ids)
    {
        using DisposeScope scope = NewDisposeScope();
        using IDisposable quiet = no_grad();
        using ForwardContext context = model.Prepare(new SequenceLayout(ids.Select(row => row.Length)), adapter);
        using Tensor tokens = Tensors.Ids([.. ids.SelectMany(row => row)], CPU);
        return Tensors.ToArray(model.Logits(model.Forward(tokens, context), context));
    }

    /// <summary>The gradients of the packed batch's mean loss; the mean itself.</summary>
    public double Backward(CausalLM model, LoraAdapter adapter)
    {
        JsonElement packed = Golden.Json(Path.Combine(_folder, "batch.json")).GetProperty("packed");
        int[] ids = packed.GetProperty("input_ids").Ints();
        int[] labels = packed.GetProperty("labels").Ints();
        SequenceLayout layout = SequenceLayout.FromStarts(packed.GetProperty("cu_seqlens").Ints());
        int[] rows =
        [
            .. Enumerable
                .Range(1, ids.Length - 1)
                .Where(t => labels[t] != Scorer.Ignored && !layout.Starts.Contains(t))
                .Select(t => t - 1),
        ];
        adapter.Parameters.Gradient.zero_();
        using DisposeScope scope = NewDisposeScope();
        using ForwardContext context = model.Prepare(layout, adapter);
        Tensor hidden = model.Forward(Tensors.Ids(ids, CPU), context, Tensors.Ids(rows, CPU));
        Tensor targets = Tensors.Ids([.. rows.Select(row => labels[row + 1])], CPU).unsqueeze(1);
        Tensor loss = model.Logits(hidden, context).log_softmax(-1).gather(1, targets).sum() * (-1.0 / rows.Length);
        loss.backward();
        return loss.item<float>();
    }

    /// <summary>The largest difference of a gradient, relative to its tensor's largest value.</summary>
    public static double GradientDifference(LoraAdapter adapter, SafetensorsFile expected)
    {
        Assert.Equal(
            expected.Entries.Keys.Order(StringComparer.Ordinal),
            adapter.Parameters.All.Select(parameter => parameter.Name).Order(StringComparer.Ordinal)
        );
        return adapter.Parameters.All.Max(parameter =>
        {
            float[] wanted = expected.Floats(parameter.Name);
            return Golden.LargestDifference(Tensors.ToArray(parameter.Gradient), wanted) / wanted.Max(Math.Abs);
        });
    }

    private static string ExpertsOf(string name) => SharedData.Path("peers", "families", name, "adapter_experts");
}
