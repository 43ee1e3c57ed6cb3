using MultiTurnTrainer.Cli.Settings;
using MultiTurnTrainer.Datasets.Rows;
using MultiTurnTrainer.Files;

namespace MultiTurnTrainer.Cli.Tests.Settings;

/// <summary>Mutated settings files: bound, or refused with their name.</summary>
public class SettingsFuzzTests(ITestOutputHelper output)
{
    private static readonly string[] _seeds =
    [
        """
            train:
              learning_rate: 1e-4
              num_train_epochs: 2
              packing: true
            lora:
              r: 16
              target_modules: [q_proj, v_proj]
              rank_pattern: { q_proj: 4 }
            rows:
              eot: ["<|im_end|>"]
              roles: [assistant]
              now: 2026-01-15
              chat_template_kwargs: { enable_thinking: false, list: [1, 2.5, null, {a: b}] }
            """,
        """
            base: &base
              base_url: http://localhost:8000/v1
              max_concurrency: 4
            review:
              mode: refine
              rounds: 2
              model: m
              endpoints:
                a: *base
                b:
                  <<: *base
                  weight: 2
              reviewers:
                - criteria: [accuracy]
                  temperature: 0.5
            """,
    ];

    [Fact]
    public void Load_MutatedSettings_BindOrRefuse()
    {
        using TempFolder folder = new();
        string file = folder["mtt.yaml"];
        TextWriter error = Console.Error;
        Console.SetError(TextWriter.Null);
        try
        {
            Fuzz.Run(
                "settings",
                1500,
                random => Fuzz.Mutate(random, _seeds),
                bytes =>
                {
                    File.WriteAllBytes(file, bytes);
                    try
                    {
                        SettingsFile.Load(file, []).Section<RowOptions>("rows");
                    }
                    catch (MttException problem)
                    {
                        Assert.NotEmpty(problem.Message);
                    }
                },
                output.WriteLine
            );
        }
        finally
        {
            Console.SetError(error);
        }
    }
}
