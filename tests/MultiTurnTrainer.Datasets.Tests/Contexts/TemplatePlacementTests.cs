using System.Text.Json.Nodes;
using MultiTurnTrainer.Context.Planning;
using MultiTurnTrainer.Context.Policies;
using MultiTurnTrainer.Conversations;
using MultiTurnTrainer.Datasets.Contexts;
using MultiTurnTrainer.Datasets.Rows;
using MultiTurnTrainer.Files;
using MultiTurnTrainer.Templates;

namespace MultiTurnTrainer.Datasets.Tests.Contexts;

/// <summary>Every item that a policy injects is in the text of every template, or the policy is refused.</summary>
public class TemplatePlacementTests(ITestOutputHelper output)
{
    [Fact]
    public void Next_UnderEachOf250Templates_HoldsEveryInjectedItem()
    {
        int system = 0;
        int user = 0;
        List<string> refused = [];
        List<string> faults = [];
        string[] files = Directory.GetFiles(SharedData.Path("templates"), "*.jinja");
        Array.Sort(files, StringComparer.Ordinal);
        foreach (string file in files)
        {
            string name = Path.GetFileNameWithoutExtension(file);
            try
            {
                ContextPlan plan = Check(file, faults);
                system += plan.Placement == BlockPlacement.System ? 1 : 0;
                user += plan.Placement == BlockPlacement.UserTurn ? 1 : 0;
            }
            catch (MttException problem)
            {
                refused.Add($"{name}: {problem.Message}");
            }
        }

        output.WriteLine(
            $"{files.Length} templates: {system} in the system message, {user} at the user's head, {refused.Count} refused"
        );
        refused.ForEach(output.WriteLine);
        Assert.Equal(250, files.Length);
        Assert.Empty(faults);
        Assert.True(system >= 213, $"{system} take a system message");
    }

    private static ContextPlan Check(string file, List<string> faults)
    {
        ChatModel chat = new()
        {
            Template = ChatTemplate.Parse(File.ReadAllText(file)),
            BosToken = "<s>",
            EosToken = "</s>",
        };
        RowTemplate template = new(
            chat,
            new RowOptions { Now = new DateTimeOffset(2026, 1, 15, 0, 0, 0, TimeSpan.Zero) }
        );
        PolicyModel model = new(Policies.Busy, template, () => new FourCharacters(), 2000);
        JsonObject row = Policies.Row(7, 14, tools: false);
        row["messages"]!
            .AsArray()
            .Insert(1, Policies.Message("user", "Under no circumstances use tables. Never say no."));
        row["messages"]!.AsArray().Insert(2, Policies.Message("assistant", "Fine."));
        Conversation conversation = Policies.Read(row);
        ContextAssembler assembler = new(model, conversation);
        AssembledPrompt? prompt = null;
        foreach (Message message in conversation.Messages)
        {
            if (message.Role == Role.Assistant)
            {
                prompt = assembler.Next();
                foreach (PlanItem item in prompt.Plan.Items.Where(item => item.Text is not null))
                {
                    if (!prompt.Text.Contains(item.Text!, StringComparison.Ordinal))
                    {
                        faults.Add($"{Path.GetFileName(file)}: turn {prompt.Plan.Turn}: {item.Kind}: {item.Text}");
                    }
                }
            }

            assembler.Append(message);
        }

        ItemKind[] kinds = [.. prompt!.Plan.Items.Select(item => item.Kind).Distinct()];
        Assert.Contains(ItemKind.Persona, kinds);
        Assert.Contains(ItemKind.Constraint, kinds);
        Assert.Contains(ItemKind.State, kinds);
        Assert.Contains(ItemKind.Summary, kinds);
        return prompt.Plan;
    }
}
