using System.Text.Json.Nodes;
using MultiTurnTrainer.Files;
using MultiTurnTrainer.Models.Adapters;
using MultiTurnTrainer.Models.Architectures;
using MultiTurnTrainer.Models.Configuration;
using MultiTurnTrainer.Models.Families;
using MultiTurnTrainer.Models.Lora;
using MultiTurnTrainer.Models.Safetensors;
using TorchSharp;
using static TorchSharp.torch;

namespace MultiTurnTrainer.Models.Tests.Lora;

/// <summary>What adapters change, where PEFT's files have no golden.</summary>
public class AdapterPartsTests
{
    [Fact]
    public void Save_OfAContainerTrainedWhole_NamesEveryModuleInIt()
    {
        using TempFolder folder = new();
        using CausalLM model = Write(folder, tied: false);
        LoraConfig config = new() { TargetModules = ["q_proj"], ModulesToSave = ["mlp"] };
        using LoraAdapter adapter = Shaken(model, config);

        adapter.Save(model, folder["adapter"], force: false);

        using SafetensorsFile file = SafetensorsFile.Open(folder["adapter/adapter_model.safetensors"]);
        Assert.Contains("base_model.model.model.layers.1.mlp.gate_proj.weight", file.Entries.Keys);
        Assert.Equal(6, file.Entries.Keys.Count(name => name.Contains(".mlp.", StringComparison.Ordinal)));
        CheckLoadAndMerge(folder, model, adapter);
    }

    [Theory]
    [InlineData("embed_tokens")]
    [InlineData("lm_head")]
    public void Save_OfTiedPairs_HasTheHeadsAsTheEmbeddingsTransposed(string target)
    {
        using TempFolder folder = new();
        using CausalLM model = Write(folder, tied: true);
        LoraConfig config = new()
        {
            TargetModules = [target, "q_proj"],
            EnsureWeightTying = true,
            Rank = 2,
        };
        using LoraAdapter adapter = Shaken(model, config);

        adapter.Save(model, folder["adapter"], force: false);

        using (SafetensorsFile file = SafetensorsFile.Open(folder["adapter/adapter_model.safetensors"]))
        {
            float[] a = file.Floats("base_model.model.model.embed_tokens.lora_embedding_A"); // [2, 64]
            float[] b = file.Floats("base_model.model.lm_head.lora_B.weight"); // [64, 2]
            Assert.Equal([.. Enumerable.Range(0, 64).SelectMany(i => new[] { a[i], a[64 + i] })], b);
        }

        CheckLoadAndMerge(folder, model, adapter);
        Assert.True(ModelConfigReader.ReadFolder(folder["merged"]).TiedHead);
    }

    [Fact]
    public void Load_TiedTensorsThatDiffer_IsRefusedByName()
    {
        using TempFolder folder = new();
        using CausalLM model = Write(folder, tied: true);
        LoraConfig config = new()
        {
            TargetModules = ["q_proj"],
            ModulesToSave = ["embed_tokens"],
            EnsureWeightTying = true,
        };
        using LoraAdapter adapter = Shaken(model, config);
        adapter.Save(model, folder["adapter"], force: false);
        Change(folder["adapter/adapter_model.safetensors"], "base_model.model.lm_head.weight");

        MttException problem = Assert.Throws<MttException>(() => LoraAdapter.Load(model, folder["adapter"]));

        Assert.Contains("'base_model.model.lm_head.weight' differs", problem.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(true, 72)]
    [InlineData(true, 56)]
    [InlineData(false, 72)]
    [InlineData(false, 64)]
    public void Load_TablesThatWereSavedAlong_StandInForTheBases(bool tied, int vocabulary)
    {
        using TempFolder folder = new();
        using CausalLM model = Write(folder, tied);
        using LoraAdapter adapter = Shaken(model, new LoraConfig { TargetModules = ["q_proj"] });
        adapter.Save(model, folder["adapter"], force: false);
        // The model that was trained after a resize, and its tables as PEFT puts them into the adapter.
        TestModels.Write(folder["resized"], "llama", Tie(tied, vocabulary), seed: 9);
        CopyInto(folder["base"], folder["resized"], name => !name.Contains("embed") && !name.Contains("head"));
        using CausalLM resized = CausalLM.Load(folder["resized"], ScalarType.Float32, CPU);
        AddTables(folder["adapter/adapter_model.safetensors"], resized);
        float[] wanted = Logits(resized, adapter);

        using CausalLM loaded = LoraAdapter.LoadBase(folder["base"], folder["adapter"], ScalarType.Float32, CPU);
        using LoraAdapter found = LoraAdapter.Load(loaded, folder["adapter"]);

        Assert.Equal(vocabulary, loaded.Config.VocabularySize);
        Assert.Equal(wanted, Logits(loaded, found));
        found.Save(loaded, folder["again"], force: false);
        Assert.Equal(
            Names(folder["adapter/adapter_model.safetensors"]),
            Names(folder["again/adapter_model.safetensors"])
        );
        AdapterMerge.Run(folder["base"], folder["adapter"], folder["merged"], force: false);
        using CausalLM merged = CausalLM.Load(folder["merged"], ScalarType.Float32, CPU);
        Assert.Equal(vocabulary, merged.Config.VocabularySize);
        Assert.InRange(Golden.LargestDifference(wanted, Logits(merged, null)), 0, 1e-4);
    }

    [Fact]
    public void Load_TargetParametersOfMatrices_AreTheirModulesPairs()
    {
        using TempFolder folder = new();
        using CausalLM model = Write(folder, tied: false);
        LoraConfig byModule = new() { TargetModules = ["q_proj", "up_proj"], Rank = 4 };
        using LoraAdapter wanted = Shaken(model, byModule);
        wanted.Save(model, folder["adapter"], force: false);
        string path = folder["adapter/adapter_config.json"];
        JsonNode config = JsonNode.Parse(File.ReadAllText(path))!;
        config["target_modules"] = new JsonArray();
        config["target_parameters"] = new JsonArray("self_attn.q_proj.weight", "up_proj.weight");
        config["rank_pattern"] = new JsonObject { ["q_proj"] = 9 };
        File.WriteAllText(path, config.ToJsonString());

        using LoraAdapter found = LoraAdapter.Load(model, folder["adapter"]);

        Assert.Equal(Logits(model, wanted), Logits(model, found));
    }

    [Theory]
    [InlineData("""{"target_parameters":["mlp.experts.gate_up_proj"]}""", "mlp.experts.gate_up_proj")]
    [InlineData("""{"target_parameters":["q_proj.weight"],"target_modules":["q_proj"]}""", "target_parameters")]
    [InlineData("""{"trainable_token_indices":{"q_proj":[1]}}""", "trainable_token_indices 'q_proj'")]
    [InlineData("""{"trainable_token_indices":[1,1]}""", "twice")]
    [InlineData("""{"trainable_token_indices":[64]}""", "outside the vocabulary of 64")]
    [InlineData("""{"trainable_token_indices":[1],"modules_to_save":["embed_tokens"]}""", "model.embed_tokens")]
    [InlineData("""{"lora_bias":true,"target_modules":["lm_head"]}""", "lora_bias")]
    [InlineData("""{"modules_to_save":["experts"]}""", "modules_to_save 'experts'")]
    public void Load_WhatTheModelCannotHave_IsRefusedByField(string fields, string reason)
    {
        using TempFolder folder = new();
        using CausalLM model = Write(folder, tied: false);
        using LoraAdapter adapter = Shaken(model, new LoraConfig { TargetModules = ["v_proj"] });
        adapter.Save(model, folder["adapter"], force: false);
        string path = folder["adapter/adapter_config.json"];
        JsonNode config = JsonNode.Parse(File.ReadAllText(path))!;
        foreach ((string name, JsonNode? value) in JsonNode.Parse(fields)!.AsObject())
        {
            config[name] = value?.DeepClone();
        }

        File.WriteAllText(path, config.ToJsonString());

        MttException problem = Assert.Throws<MttException>(() => LoraAdapter.Load(model, folder["adapter"]));

        Assert.Contains(reason, problem.Message, StringComparison.Ordinal);
    }

    private static string Tie(bool tied, int vocabulary = 64) =>
        $$"""{"tie_word_embeddings":{{(tied ? "true" : "false")}},"vocab_size":{{vocabulary}}}""";

    private static CausalLM Write(TempFolder folder, bool tied)
    {
        TestModels.Write(folder["base"], "llama", Tie(tied));
        return CausalLM.Load(folder["base"], ScalarType.Float32, CPU);
    }

    private static LoraAdapter Shaken(CausalLM model, LoraConfig config)
    {
        LoraAdapter adapter = LoraAdapter.Create(model, config, seed: 1);
        using DisposeScope scope = NewDisposeScope();
        using IDisposable quiet = no_grad();
        manual_seed(5);
        adapter.Parameters.Flat.add_(randn([adapter.Parameters.Flat.numel()]) * 0.05);
        return adapter;
    }

    private static void CheckLoadAndMerge(TempFolder folder, CausalLM model, LoraAdapter adapter)
    {
        float[] wanted = Logits(model, adapter);
        using LoraAdapter loaded = LoraAdapter.Load(model, folder["adapter"]);
        Assert.Equal(wanted, Logits(model, loaded));
        using LoraAdapter copy = loaded.Clone(model);
        Assert.Equal(wanted, Logits(model, copy));
        AdapterMerge.Run(folder["base"], folder["adapter"], folder["merged"], force: false);
        using CausalLM merged = CausalLM.Load(folder["merged"], ScalarType.Float32, CPU);
        Assert.InRange(Golden.LargestDifference(wanted, Logits(merged, null)), 0, 1e-4);
    }

    private static string[] Names(string path)
    {
        using SafetensorsFile file = SafetensorsFile.Open(path);
        return [.. file.Entries.Keys.Order(StringComparer.Ordinal)];
    }

    private static void AddTables(string path, CausalLM model) =>
        Rewrite(
            path,
            pieces =>
                [
                    .. pieces,
                    .. ((string[])[ModuleLayout.EmbeddingPath, ModuleLayout.HeadPath]).Select(table =>
                        Tensors.Piece(
                            $"base_model.model.{table}.weight",
                            model.Weight(model.Layout[table]),
                            SafetensorsType.F32
                        )
                    ),
                ]
        );

    private static void Change(string path, string name) =>
        Rewrite(
            path,
            pieces =>
                pieces.Select(piece =>
                    piece.Name == name
                        ? new SafetensorsPiece(
                            name,
                            piece.Type,
                            piece.Shape,
                            stream => stream.Write(new byte[piece.Length])
                        )
                        : piece
                )
        );

    private static void CopyInto(string from, string to, Func<string, bool> chosen)
    {
        using SafetensorsFile source = SafetensorsFile.Open(Path.Combine(from, "model.safetensors"));
        Rewrite(
            Path.Combine(to, "model.safetensors"),
            pieces =>
                pieces.Select(piece =>
                    chosen(piece.Name)
                        ? new SafetensorsPiece(
                            piece.Name,
                            piece.Type,
                            piece.Shape,
                            stream => stream.Write(source.Bytes(source[piece.Name]))
                        )
                        : piece
                )
        );
    }

    private static void Rewrite(string path, Func<IEnumerable<SafetensorsPiece>, IEnumerable<SafetensorsPiece>> change)
    {
        string copy = path + ".old";
        File.Move(path, copy);
        using SafetensorsFile old = SafetensorsFile.Open(copy);
        IEnumerable<SafetensorsPiece> pieces = old.Entries.Values.Select(entry => new SafetensorsPiece(
            entry.Name,
            entry.Type,
            entry.Shape,
            stream => stream.Write(old.Bytes(entry))
        ));
        SafetensorsWriter.Write(path, change(pieces), SafetensorsWriter.PyTorchMetadata, force: false);
        File.Delete(copy);
    }

    private static float[] Logits(CausalLM model, Adapter? adapter)
    {
        int[] ids = [1, 7, 33, 50, 3, 11, 55, 7];
        using DisposeScope scope = NewDisposeScope();
        using IDisposable quiet = no_grad();
        using ForwardContext context = model.Prepare(SequenceLayout.Single(ids.Length), adapter);
        return Tensors.ToArray(model.Logits(model.Forward(Tensors.Ids(ids, CPU), context), context));
    }
}
