#:property PublishAot=false
// Makes the task family of the maigo-tiny experiment: table bookings with a deterministic answer.
//   dotnet run scripts/experiments/maigo-tiny/booking-tasks.cs -- OUTPUT_FOLDER [SEED]
//
// A booking has five details. FULL tells them in one prompt; the shards tell them one a turn, in any order, and one
// booking in four revises a detail at the end. The answer is one line with the five values in a fixed order, "?" for what
// is not known yet; the last word counts.
//
// The base model learns from prompts with one right answer, and from logs of clerks who answer every turn. One clerk in four is
// careful; six in ten guess a detail before it was told and stand by what they wrote; the others take over whatever they are
// told. So a known share of the dialogues goes wrong, whatever the seed, and for the reason that the experiment is about.
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;

string folder = args.Length > 0 ? args[0] : throw new ArgumentException("name the output folder");
Random random = new(args.Length > 1 ? int.Parse(args[1]) : 1);
Directory.CreateDirectory(folder);

string[] names = "Anna Ben Clara David Emma Felix Grace Henry Ida Jonas Lena Max Nora Oscar".Split(' ');
string[] days = "Monday Tuesday Wednesday Thursday Friday Saturday Sunday".Split(' ');
string[] times = "noon one two six seven eight nine ten".Split(' ');
Slot[] slots =
[
    new(names, ["The name is {0}.", "It is for {0}.", "Put it under {0}."]),
    new(
        ["2", "3", "4", "5", "6", "7", "8", "9"],
        ["We are {0} people.", "It is a table for {0}.", "There will be {0} of us."]
    ),
    new(days, ["Make it {0}.", "On {0}, please.", "The day is {0}."]),
    new(times, ["At {0}.", "We come at {0}.", "The time is {0}."]),
    new(
        ["window", "garden", "bar", "corner", "terrace"],
        ["By the {0}.", "We want to sit at the {0}.", "The place is the {0}."]
    ),
];
string[] openings = ["Book a table.", "I need a table.", "Please reserve a table.", "A booking, please."];

string[] revisions = ["Sorry, I was wrong.", "Actually, there was an error in what I said.", "I made a mistake."];
string[] talk = SmallTalk();
string[] disputes = ["No, that is wrong. It is:", "That is not right. The right one is:", "No. I said:"];
string[] checks = ["Please check it again.", "Now give the final booking.", "Please give the booking once more."];

// Evaluation, training and what the base learns from share no answer.
HashSet<string> held = [];
Booking[] evaluation = Draw(100, apart: true);
Booking[] training = Draw(1200, apart: true);
WriteLines("tasks-eval.jsonl", evaluation.Select(Task));
WriteLines("tasks-refine.jsonl", evaluation.Select(Refined));
WriteLines(
    "tasks-train.jsonl",
    training.Select((booking, i) => Task(i % 3 == 0 ? Checked(booking, i / 3) : booking, i))
);
IEnumerable<JsonObject> prompts = Draw(5000, apart: false).Select(b => Prompted(random.Next(4) == 0 ? Cut(b) : b));
WriteLines("base-train.jsonl", prompts.Concat(Draw(4000, apart: false).Select(Logged)));

Booking[] Draw(int count, bool apart)
{
    List<Booking> drawn = [];
    while (drawn.Count < count)
    {
        Booking booking = Invent(revised: drawn.Count % 4 == 0);
        if (apart ? held.Add(booking.Answer) : !held.Contains(booking.Answer))
            drawn.Add(booking);
    }
    return [.. drawn];
}

Booking Invent(bool revised)
{
    int[] order = [0, 1, 2, 3, 4];
    random.Shuffle(order);
    List<Detail> details = [.. order.Select(slot => Say(slot, Pick(slots[slot].Values)))];
    if (revised)
    {
        Detail right = details[0];
        details[0] = Other(right);
        details.Add(right with { Text = $"{Pick(revisions)} {right.Text}" });
    }
    return new Booking(Pick(openings), [.. details]);
}

Booking Cut(Booking booking) => booking with { Details = booking.Details[..random.Next(booking.Details.Length)] };

// A user who asks again at the end: a turn that tells nothing.
Booking Checked(Booking booking, int i) =>
    booking with
    {
        Details = [.. booking.Details, booking.Details[^1] with { Text = checks[i % checks.Length] }],
    };

Detail Say(int slot, string value) => new(slot, value, string.Format(Pick(slots[slot].Phrases), value));

Detail Other(Detail detail) =>
    Say(detail.Slot, Pick([.. slots[detail.Slot].Values.Where(value => value != detail.Value)]));

T Pick<T>(T[] list) => list[random.Next(list.Length)];

JsonObject Task(Booking booking, int index) =>
    new()
    {
        ["id"] = $"booking/{index}",
        ["family"] = "exact",
        ["question"] = string.Join(' ', booking.Shards),
        ["shards"] = new JsonArray([.. booking.Shards.Select(shard => (JsonNode)shard)]),
        ["answer"] = booking.Answer,
        ["wrong_answer"] = Wrong(booking),
    };

string Wrong(Booking booking) => (booking with { Details = [.. booking.Details, Other(booking.Details[^1])] }).Answer;

// The last two details that stand are told wrongly at first.
JsonObject Refined(Booking booking, int index)
{
    JsonObject task = Task(booking, index);
    task["shards"] = new JsonArray([.. booking.Shards.Select((shard, i) => Shard(i, shard))]);
    int last = booking.Details.Length - 1;
    task["modified_shard"] = new JsonArray([
        .. new[] { last - 1, last }.Select(i => Shard(i + 1, Other(booking.Details[i]).Text)),
    ]);
    return task;
}

JsonObject Shard(int index, string text) => new() { ["shard_id"] = index + 1, ["shard"] = text };

// What people say in the small talk of datasets/everyday.
static string[] SmallTalk() =>
    [
        .. File.ReadLines("datasets/everyday/everyday.jsonl")
            .SelectMany(line => JsonNode.Parse(line)!["messages"]!.AsArray())
            .Where(message => (string?)message!["role"] == "user")
            .Select(message => (string)message!["content"]!)
            .Where(text => text.Length < 60),
    ];

JsonObject Prompted(Booking booking) =>
    Conversation(
        booking,
        random.Next(4) switch
        {
            0 => [string.Join(' ', booking.Shards)],
            1 => [string.Join("\n", booking.Shards.Select(shard => $"- {shard}"))],
            2 => [string.Join("\n", booking.Shards)],
            _ => booking.Shards,
        }
    );

JsonObject Conversation(Booking booking, string[] user) =>
    Messages([.. user.Select(text => ("user", text)), ("assistant", booking.Answer)]);

// The details one a turn, or all that stood at first in one turn and the revisions after it; in one log of three with small talk
// between them, in one of four with a user who disputes the answer at the end, rightly or wrongly.
JsonObject Logged(Booking booking)
{
    Clerk clerk = new(
        random.NextDouble() switch
        {
            < 0.25 => Manner.Careful,
            < 0.85 => Manner.Hasty,
            _ => Manner.Pliant,
        }
    );
    int first = random.Next(4) == 0 ? slots.Length : 0;
    int guess = random.Next(slots.Length - 1);
    bool talks = random.Next(3) == 0;
    List<(string Role, string Text)> messages = [];
    clerk.Hear(booking.Details[..first]);
    Turn(string.Join(' ', booking.Shards[..(first + 1)]));
    for (int i = first; i < booking.Details.Length; i++)
    {
        if (talks && random.Next(2) == 0)
            Turn(Pick(talk));
        clerk.Hear(booking.Details[i..(i + 1)]);
        if (i == guess)
            clerk.Guess(Other(Pick(booking.Details[(i + 1)..slots.Length])));
        Turn(booking.Shards[i + 1]);
    }
    if (random.Next(4) == 0)
    {
        string named = clerk.Answer == booking.Answer ? Wrong(booking) : booking.Answer;
        clerk.Dispute(named);
        Turn($"{Pick(disputes)} {named}");
    }
    if (random.Next(4) == 0)
        Turn(Pick(checks));
    return Messages(messages);

    void Turn(string text) => messages.AddRange([("user", text), ("assistant", clerk.Answer)]);
}

JsonObject Messages(IEnumerable<(string Role, string Text)> messages) =>
    new()
    {
        ["messages"] = new JsonArray([
            .. messages.Select(message => new JsonObject { ["role"] = message.Role, ["content"] = message.Text }),
        ]),
    };

void WriteLines(string name, IEnumerable<JsonObject> rows)
{
    JsonSerializerOptions plain = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };
    using StreamWriter writer = new(Path.Combine(folder, name));
    foreach (JsonObject row in rows)
        writer.Write(row.ToJsonString(plain) + "\n");
}

record Slot(string[] Values, string[] Phrases);

record Detail(int Slot, string Value, string Text);

record Booking(string Opening, Detail[] Details)
{
    public string[] Shards => [Opening, .. Details.Select(detail => detail.Text)];

    public string Answer => Line(slot => Details.LastOrDefault(detail => detail.Slot == slot)?.Value);

    public static string Line(Func<int, string?> value) =>
        "BOOK " + string.Join(' ', Enumerable.Range(0, 5).Select(slot => value(slot) ?? "?"));
}

enum Manner
{
    /// <summary>Goes by what the user said.</summary>
    Careful,

    /// <summary>Guesses, and stands by what it wrote.</summary>
    Hasty,

    /// <summary>As careful, but gives way when its answer is disputed.</summary>
    Pliant,
}

/// <summary>Answers every turn of a log by its manner.</summary>
class Clerk(Manner manner)
{
    private readonly string?[] _values = new string?[5];

    private string? _named;

    public string Answer => _named ?? Booking.Line(slot => _values[slot]);

    public void Hear(IEnumerable<Detail> details)
    {
        foreach (Detail detail in details)
        {
            string? own = manner == Manner.Hasty ? _values[detail.Slot] : null;
            _values[detail.Slot] = own ?? detail.Value;
        }
    }

    public void Guess(Detail detail)
    {
        if (manner == Manner.Hasty)
            _values[detail.Slot] ??= detail.Value;
    }

    public void Dispute(string answer) => _named = manner == Manner.Pliant ? answer : null;
}
