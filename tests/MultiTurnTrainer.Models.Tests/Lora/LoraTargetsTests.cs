using MultiTurnTrainer.Files;
using MultiTurnTrainer.Models.Configuration;
using MultiTurnTrainer.Models.Families;
using MultiTurnTrainer.Models.Lora;

namespace MultiTurnTrainer.Models.Tests.Lora;

public class LoraTargetsTests
{
    private static readonly ModuleLayout _layout = new(ModelConfigReader.ReadFolder(Golden.Folder("qwen2")));

    [Theory]
    [InlineData("q_proj", 3)]
    [InlineData("self_attn.q_proj", 3)]
    [InlineData("layers.1.self_attn.q_proj", 1)]
    [InlineData("model.layers.1.self_attn.q_proj", 1)]
    [InlineData("proj", 0)]
    [InlineData("lm_head", 1)]
    [InlineData("embed_tokens", 1)]
    public void Select_ByName_MatchesWholePartsOfThePathsEnd(string name, int count)
    {
        LoraConfig config = new() { TargetModules = [name] };
        if (count == 0)
        {
            Assert.Contains(
                "matches no module",
                Assert.Throws<MttException>(() => LoraTargets.Select(config, _layout)).Message
            );
            return;
        }

        Assert.Equal(count, LoraTargets.Select(config, _layout).Count);
    }

    [Theory]
    [InlineData("all-linear", 21)]
    [InlineData(@".*\.(q|v)_proj", 6)]
    [InlineData(@"model\.layers\.[01]\..*down_proj|lm_head", 3)]
    [InlineData(@".*self_attn.*(?<!o)_proj", 9)]
    public void Select_ByPattern_MatchesTheWholePath(string pattern, int count) =>
        Assert.Equal(count, LoraTargets.Select(new() { TargetPattern = pattern }, _layout).Count);

    [Fact]
    public void Resolve_AllLinear_NamesTheSameModules()
    {
        LoraConfig asked = new() { TargetPattern = "all-linear", ExcludeModules = ["down_proj"] };

        LoraConfig named = LoraTargets.Resolve(asked, _layout);

        Assert.Null(named.TargetPattern);
        Assert.Equal(
            ["down_proj", "gate_proj", "k_proj", "o_proj", "q_proj", "up_proj", "v_proj"],
            named.TargetModules
        );
        Assert.Equal(LoraTargets.Select(asked, _layout), LoraTargets.Select(named, _layout));
    }

    [Fact]
    public void Select_ExcludedOrOtherLayers_AreLeftOut()
    {
        LoraConfig config = new() { TargetModules = ["q_proj", "down_proj"] };

        Assert.Equal(3, LoraTargets.Select(config with { ExcludeModules = ["down_proj"] }, _layout).Count);
        Assert.Equal(5, LoraTargets.Select(config with { ExcludePattern = @".*layers\.1.*down_proj" }, _layout).Count);
        Assert.Equal(4, LoraTargets.Select(config with { LayersToTransform = [0, 2] }, _layout).Count);
        Assert.Equal(
            2,
            LoraTargets.Select(config with { LayersToTransform = [1], LayersPattern = ["layers"] }, _layout).Count
        );
        Assert.Throws<MttException>(() =>
            LoraTargets.Select(config with { LayersToTransform = [1], LayersPattern = ["blocks"] }, _layout)
        );
    }

    [Fact]
    public void RankAndScale_FirstPatternThatMatches_Wins()
    {
        LoraConfig config = new()
        {
            Rank = 8,
            Alpha = 16,
            RankPattern = [new("down_proj", 4), new(@"layers\.1\..*", 2)],
            AlphaPattern = [new("layers.1.self_attn.q_proj", 6)],
        };
        ModuleSpec query = _layout["model.layers.1.self_attn.q_proj"];
        ModuleSpec down = _layout["model.layers.1.mlp.down_proj"];
        ModuleSpec other = _layout["model.layers.0.self_attn.q_proj"];

        Assert.Equal(
            (2, 4, 8),
            (LoraTargets.Rank(config, query), LoraTargets.Rank(config, down), LoraTargets.Rank(config, other))
        );
        Assert.Equal(
            (3.0, 4.0, 2.0),
            (LoraTargets.Scale(config, query), LoraTargets.Scale(config, down), LoraTargets.Scale(config, other))
        );
        Assert.Equal(6 / Math.Sqrt(2), LoraTargets.Scale(config with { UseRsLora = true }, query));
    }

    [Theory]
    [InlineData("norm", "q_proj", 7)]
    [InlineData("lm_head", "q_proj", 1)]
    [InlineData("embed_tokens", "q_proj", 1)]
    public void SelectWhole_ByEnding_MatchesAsPeftDoes(string whole, string target, int count)
    {
        LoraConfig config = new() { TargetModules = [target], ModulesToSave = [whole] };

        Assert.Equal(count, LoraTargets.SelectWhole(config, _layout).Count);
    }

    [Fact]
    public void Select_ModuleThatIsSavedWhole_IsNoTarget()
    {
        LoraConfig config = new()
        {
            TargetModules = ["q_proj", "lm_head"],
            ModulesToSave = ["lm_head", "0.self_attn.q_proj"],
        };

        Assert.DoesNotContain(
            LoraTargets.Select(config, _layout),
            module => module.Path is "lm_head" or "model.layers.0.self_attn.q_proj"
        );
        Assert.Equal(2, LoraTargets.SelectWhole(config, _layout).Count);
    }

    [Fact]
    public void Select_WhatContradictsItself_IsRefused()
    {
        LoraConfig both = new() { TargetModules = ["lm_head"], ModulesToSave = ["head"] };
        LoraConfig norm = new() { TargetModules = ["input_layernorm"] };
        LoraConfig idle = new() { TargetModules = ["q_proj"], ModulesToSave = ["score"] };
        LoraConfig broken = new() { TargetPattern = "(" };

        Assert.Contains("both", Assert.Throws<MttException>(() => LoraTargets.SelectWhole(both, _layout)).Message);
        Assert.Contains("a norm", Assert.Throws<MttException>(() => LoraTargets.Select(norm, _layout)).Message);
        Assert.Contains("'score'", Assert.Throws<MttException>(() => LoraTargets.SelectWhole(idle, _layout)).Message);
        Assert.Contains(
            "regular expression",
            Assert.Throws<MttException>(() => LoraTargets.Select(broken, _layout)).Message
        );
    }

    public static TheoryData<string, LoraConfig> Idle =>
        new()
        {
            { "target_modules 'k_porj'", _named with { TargetModules = ["q_proj", "k_porj"] } },
            { "exclude_modules 'down'", _named with { ExcludeModules = ["down"] } },
            { "exclude_modules '.*mpl.*'", _named with { ExcludePattern = ".*mpl.*" } },
            { "layers_to_transform '9'", _named with { LayersToTransform = [0, 9] } },
            { "layers_to_transform '-1'", _named with { LayersToTransform = [-1] } },
            {
                "layers_pattern 'blocks'",
                _named with
                {
                    LayersToTransform = [0],
                    LayersPattern = ["layers", "blocks"],
                }
            },
            { "rank_pattern 'v_proj'", _named with { RankPattern = [new("q_proj", 4), new("v_proj", 2)] } },
            { "alpha_pattern 'layers.7.*'", _named with { AlphaPattern = [new("layers.7.*", 2)] } },
        };

    [Theory]
    [MemberData(nameof(Idle))]
    public void RequireEachMatches_ASettingThatMatchesNothing_IsRefused(string what, LoraConfig config) =>
        Assert.StartsWith(
            $"{what} matches no",
            Assert.Throws<MttException>(() => LoraTargets.RequireEachMatches(config, _layout)).Message
        );

    [Fact]
    public void RequireEachMatches_SettingsThatMatch_Pass() =>
        LoraTargets.RequireEachMatches(
            _named with
            {
                ExcludeModules = ["lm_head"],
                LayersToTransform = [0, 2],
                LayersPattern = ["layers"],
                RankPattern = [new(@"layers\.2\..*", 4)],
            },
            _layout
        );

    private static readonly LoraConfig _named = new() { TargetModules = ["q_proj", "o_proj"] };
}
