using MultiTurnTrainer.Files;
using MultiTurnTrainer.Hub.Client;
using MultiTurnTrainer.Hub.Downloads;

namespace MultiTurnTrainer.Hub.Tests;

/// <summary>Mutated answers of a hub and cards of datasets: what is asked for, or an error.</summary>
public sealed class HubFuzzTests(ITestOutputHelper output)
{
    private static readonly string[] _answers =
    [
        """{"sha":"0123456789abcdef0123456789abcdef01234567","siblings":[{"rfilename":"config.json"},{"rfilename":"a/b.json"}],"cardData":{"license":"mit"}}""",
        """{"_id":"1","id":"org/tiny","private":false,"sha":"0123456789abcdef0123456789abcdef01234567","siblings":[],"tags":["a"],"cardData":null}""",
    ];

    private static readonly string[] _cards =
    [
        "---\nlicense: mit\nconfigs:\n- config_name: default\n  default: true\n  data_files:\n  - split: train\n    path: data/train-*\n  - split: test\n    path: [data/test.jsonl, \"**/x\"]\n- config_name: b\n  data_files: b.jsonl\n---\n# x\n",
        "---\na: &a [1, 2]\nb: *a\nconfigs: [{config_name: c, data_files: [{split: train, path: '*.jsonl'}]}]\n---\n",
    ];

    [Fact]
    public void Get_MutatedAnswers_AreReadOrRefused()
    {
        using FixedServer server = new();
        using TempFolder folder = new();
        HubSettings settings = new()
        {
            Endpoint = server.Address,
            Cache = folder["hub"],
            RetryDelay = TimeSpan.FromMilliseconds(1),
            Tries = 1,
        };
        Fuzz.Run(
            "hub-answers",
            300,
            random => Fuzz.Mutate(random, _answers),
            bytes =>
            {
                server.Body = bytes;
                using HubDownloads downloads = new(settings, new HostileHubTests.Silent(), TimeProvider.System);
                Task<string> asked = downloads.GetModelAsync(
                    new HubName(HubKind.Model, "org/tiny"),
                    ModelNeed.Tokenizer,
                    default
                );
                try
                {
                    asked.GetAwaiter().GetResult();
                }
                catch (MttException problem)
                {
                    Assert.NotEmpty(problem.Message);
                }
            },
            output.WriteLine
        );
    }

    [Fact]
    public void Choose_MutatedCards_ChooseOrRefuse()
    {
        DatasetName name = DatasetName.Parse("hf://datasets/org/name");
        string[] files = ["data/train-0.parquet", "data/test.jsonl", "b.jsonl", "README.md"];
        Fuzz.Run(
            "cards",
            3000,
            random => Fuzz.Mutate(random, _cards),
            bytes =>
            {
                try
                {
                    DatasetFiles.Choose(name, files, System.Text.Encoding.UTF8.GetString(bytes));
                }
                catch (MttException problem)
                {
                    Assert.NotEmpty(problem.Message);
                }
            },
            output.WriteLine
        );
    }
}
